import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';

/** The operands of a subtraction the wrong way round. */
export const subtraction: Rule = {
  id: 'subtraction',
  ops: ['Sub'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const [a, b] = context.node.inputs as [string, string];
    yield {
      cause: 'sign.flipped',
      claim: `"${b}" − "${a}" is computed, the model says "${a}" − "${b}"`,
      fix: 'Swap the operands of the subtraction.',
      specificity: 3,
      edit: context.same({ inputs: { 0: b, 1: a } }),
    };
  },
};
