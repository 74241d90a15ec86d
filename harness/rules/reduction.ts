import { sizeOf } from '../shape.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, draftOf, scalarLike } from './_draft.ts';

const KINDS: Readonly<Record<string, { readonly other: string; readonly words: string }>> = {
  ReduceMean: { other: 'ReduceMax', words: 'the maximum is taken, the model says the mean' },
  ReduceMax: { other: 'ReduceMean', words: 'the mean is taken, the model says the maximum' },
};

/** A reduction that pools: mean and maximum mixed up, or a sum that is not divided. */
export const reduction: Rule = {
  id: 'reduction',
  ops: ['ReduceMean', 'ReduceMax', 'ReduceSum'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, inputs, outputs } = context;
    const [x] = inputs;
    const [y] = outputs;
    if (x === undefined || y === undefined) return;
    const kind = KINDS[node.op];
    if (kind !== undefined) {
      yield {
        cause: 'pool.kind',
        claim: kind.words,
        fix: `Reduce as ${node.op} says.`,
        specificity: 3,
        edit: context.same({ op: kind.other }),
      };
    }
    const size = sizeOf(x.shape) / Math.max(1, sizeOf(y.shape));
    if (node.op === 'ReduceMax' || size < 2) return;
    const mean = node.op === 'ReduceMean';
    const draft = draftOf(context);
    const made = again(draft, node, {});
    yield {
      cause: 'scale.constant',
      claim: mean
        ? `the sum is given, not the mean: ${size} times too large`
        : `the mean is given, not the sum: ${size} times too small`,
      fix: mean ? `Divide by the ${size} elements.` : `Do not divide by the ${size} elements.`,
      specificity: 2,
      edit: draft.done(draft.node(mean ? 'Mul' : 'Div', [made, scalarLike(draft, x, size)])),
    };
  },
};
