import { intAttribute } from '../attributes.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { normOf, type Parameter, writeNorm } from './_norm.ts';
import { patch } from './_patch.ts';

/** Batch normalisation in training that normalises by its running statistics: those before the step, or those after it. */
export const normStatistics: Rule = {
  id: 'norm-statistics',
  ops: ['BatchNormalization'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, inputs, attributes } = context;
    const found = normOf(context);
    const [mean, variance] = [inputs[3], inputs[4]];
    if (found === null || found.running !== null || mean === undefined || variance === undefined) return;
    if (intAttribute(attributes, 'training_mode', 0) === 0) return;
    const told = {
      cause: 'norm.statistics',
      fix: "Use the batch's own mean and variance in training.",
      specificity: 3 as const,
    };
    const shape = found.shape.slice(1).map((size, axis) => (axis === 0 ? size : 1));
    const parameter = (name: string): Parameter => ({ name, own: mean.shape, shape });
    const p = patch(context);
    const before = { mean: parameter(node.inputs[3] as string), variance: parameter(node.inputs[4] as string) };
    yield {
      ...told,
      claim: 'the running mean and variance are used in training',
      edit: p.edit(writeNorm(p, { ...found, running: before })),
    };
    const q = patch(context);
    const updated = q.emitMany('BatchNormalization', node.inputs, 3, attributes);
    const after = { mean: parameter(updated[1] as string), variance: parameter(updated[2] as string) };
    yield {
      ...told,
      claim: 'the running mean and variance, just updated, are used in training',
      edit: q.edit(writeNorm(q, { ...found, running: after })),
    };
  },
};
