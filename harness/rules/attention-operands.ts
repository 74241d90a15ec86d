import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { becomesScores } from './_attention.ts';
import { patch } from './_patch.ts';

/** Scores of an attention whose queries and keys are taken in each other's place. */
export const attentionOperands: Rule = {
  id: 'attention-operands',
  ops: ['MatMul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, wiring, outputs } = context;
    const shape = outputs[0]?.shape ?? [];
    const [rows, columns] = shape.slice(-2);
    if (rows === undefined || rows !== columns || rows < 2 || !becomesScores(wiring, node.outputs[0] as string)) return;
    const order = shape.map((_, axis) => axis);
    const perm = [...order.slice(0, -2), shape.length - 1, shape.length - 2];
    const p = patch(context);
    const scores = p.emit('MatMul', node.inputs, node.attributes);
    yield {
      cause: 'wiring.wrong-source',
      claim: 'queries and keys are taken in each other’s place: the score of i and j is that of j and i',
      fix: 'Multiply queries (rows) by keys (columns).',
      specificity: 3,
      edit: p.edit(p.emit('Transpose', [scores], { perm: { kind: 'ints', value: perm } })),
    };
  },
};
