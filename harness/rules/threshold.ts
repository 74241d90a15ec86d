import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { numberAt } from './_attention.ts';
import { shown } from './_numbers.ts';
import { patch } from './_patch.ts';

const USUAL = [0, 0.5, 1, 2, -1, 0.1, 0.01, 1.5, 3, 5, 10];

/** A comparison with another number than the model's, as in a Huber loss written out: between what passes and what does not. */
export const threshold: Rule = {
  id: 'threshold',
  ops: ['Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, direct } = context;
    const slot = numberAt(context, 1) !== null ? 1 : 0;
    const right = numberAt(context, slot);
    const x = context.inputs[1 - slot];
    if (right === null || x === undefined || x.data.length < 2) return;
    const found = direct ? between(context, x.data, slot === 1) : USUAL;
    for (const value of found) {
      if (Math.abs(value - right) <= 1e-6 * Math.max(1, Math.abs(right))) continue;
      const p = patch(context);
      const names = node.inputs.map((name, i) => (i === slot ? p.scalar(value) : name));
      yield {
        cause: 'activation.constant',
        claim: `it is compared with ${direct ? 'about ' : ''}${shown(value)}, the model says ${shown(right)}`,
        fix: `Compare with ${shown(right)}.`,
        specificity: 3,
        edit: p.edit(p.emit(node.op, names)),
      };
    }
  },
};

/** The number that parts what was true from what was false: a usual one that lies between, or the middle. None where nothing parts them. */
function between({ node, subject }: ForwardContext, x: Float64Array, second: boolean): readonly number[] {
  if (x.length !== subject.data.length) return [];
  const trueBelow = node.op.startsWith('Less') === second;
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  x.forEach((value, i) => {
    if ((subject.data[i] !== 0) === trueBelow) low = Math.max(low, value);
    else high = Math.min(high, value);
  });
  // All true or all false is a constant: it was not compared at all.
  if (!(low < high) || !Number.isFinite(low) || !Number.isFinite(high)) return [];
  return [USUAL.find((value) => value > low && value < high) ?? (low + high) / 2];
}
