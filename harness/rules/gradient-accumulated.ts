import { sameShape } from '../shape.ts';
import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { bestFactor, near, sizesAround } from './_numbers.ts';

/** A whole number of identical steps up to this may have been added up. */
const MOST_STEPS = 16;

/** A gradient that is added to what was in its buffer: its own from an earlier step, or another tensor's. */
export const accumulatedGradient: Rule = {
  id: 'gradient-accumulated',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    if (context.direction !== 'backward') return;
    yield* repeated(context);
    yield* added(context);
  },
};

function* repeated(context: RuleContext): Iterable<FormHypothesis> {
  const { subject, truth, tensor, wiring } = context;
  const factor = bestFactor(subject.data, truth.data);
  const steps = factor === null ? 0 : Math.round(factor);
  if (factor === null || steps < 2 || steps > MOST_STEPS || !near(factor, steps)) return;
  const sized = sizesAround(context).some(({ value }) => value === steps);
  const parameter = wiring.graph.initializers.has(tensor);
  yield {
    cause: 'gradient.accumulated',
    claim: `the gradient is ${steps} times what it should be: that of ${steps} identical steps added up`,
    fix: 'Set the gradient to zero before each backward pass.',
    specificity: parameter && !sized ? 3 : 1,
    predicted: truth.data.map((x) => x * steps),
    gain: steps,
  };
}

function* added(context: RuleContext): Iterable<FormHypothesis> {
  const { subject, truth, tensor, allowed } = context;
  const rest = subject.data.map((x, i) => x - (truth.data[i] as number));
  for (const name of context.recorded('backward')) {
    if (name === tensor) continue;
    const other = context.gradient(name);
    if (other === null || other.data.length !== rest.length || !sameShape(other.shape, truth.shape)) continue;
    if (rest.length < 2 || other.data.every((x) => x === 0)) continue;
    const middle = rest.length >> 1;
    if (!(Math.abs((rest[middle] as number) - (other.data[middle] as number)) <= 100 * allowed)) continue;
    yield {
      cause: 'gradient.accumulated',
      claim: `it is the right gradient plus that of ${name}: the buffer was not cleared`,
      fix: 'Set the gradient to zero before it is added to, or give each tensor its own buffer.',
      specificity: 3,
      predicted: truth.data.map((x, i) => x + (other.data[i] as number)),
      gain: 2,
    };
  }
}
