import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { isConstant } from './_numbers.ts';

/** Added to what the buffer held: another recorded tensor, or the same result of an earlier run. */
export const accumulated: Rule = {
  id: 'accumulated',
  *form({ subject, truth, direction, tensor, recorded, value }: RuleContext): Iterable<FormHypothesis> {
    if (direction === 'backward') return;
    const size = subject.data.length;
    const extra = subject.data.map((x, i) => x - (truth.data[i] as number));
    const told = {
      cause: 'value.accumulated',
      fix: 'Clear the buffer before adding to it, or assign instead of adding.',
    };
    for (const runs of [2, 3]) {
      yield {
        ...told,
        claim: `every value is ${runs} times what it should be, as after ${runs} runs into a buffer that was not cleared`,
        specificity: 1,
        predicted: truth.data.map((x) => x * runs),
        gain: runs,
      };
    }
    if (size < 2) return;
    for (const name of recorded('forward')) {
      if (name === tensor) continue;
      const other = value(name);
      if (other === null || other.data.length !== size || isConstant(other.data) || !alike(other.data, extra)) continue;
      yield {
        ...told,
        claim: `the result is added to "${name}", which was in the buffer`,
        specificity: 2,
        predicted: truth.data.map((x, i) => x + (other.data[i] as number)),
      };
    }
  },
};

/** A quick look before every element is compared: what is left of a difference is coarse where the result is large. */
function alike(a: Float64Array, b: Float64Array): boolean {
  let [dot, first, second] = [0, 0, 0];
  const step = Math.max(1, Math.floor(a.length / 64));
  for (let i = 0; i < a.length; i += step) {
    const [x, y] = [a[i] as number, b[i] as number];
    dot += x * y;
    first += x * x;
    second += y * y;
  }
  return dot > 0 && Math.abs(dot - first) <= 0.05 * first && Math.abs(dot - second) <= 0.05 * second;
}
