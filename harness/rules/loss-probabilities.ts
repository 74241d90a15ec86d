import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { LOSSES } from './_loss.ts';
import { type Patch, patch } from './_patch.ts';
import { writeSoftmax } from './softmax.ts';

/** Bounds that implementations clip probabilities to. */
const BOUNDS = [0.1, 0.05, 0.02, 1e-2, 5e-3, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15];
/** Shares of label smoothing in use. */
const SHARES = [0.1, 0.05, 0.2, 0.01, 0.02, 0.15, 0.25, 0.3];

/** Probabilities clipped before the logarithm, and labels smoothed. A scalar loss tells no number by itself: the usual ones are tried. */
export const lossProbabilities: Rule = {
  id: 'loss-probabilities',
  ops: LOSSES,
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { inputs, node } = context;
    if (inputs[0] === undefined || inputs[1] === undefined) return;
    const logits = node.op === 'SoftmaxCrossEntropyLoss';
    const told = { specificity: 3 as const };
    const probabilities = (p: Patch): string =>
      logits ? writeSoftmax(p, node.inputs[0] as string, [1], false) : p.emit('Exp', [node.inputs[0] as string]);
    for (const bound of BOUNDS) {
      const ways = [
        { how: `raised to at least ${bound}`, made: (p: Patch) => p.emit('Max', [probabilities(p), p.scalar(bound)]) },
        {
          how: `clipped to ${bound} … 1 − ${bound}`,
          made: (p: Patch) => p.emit('Min', [p.emit('Max', [probabilities(p), p.scalar(bound)]), p.scalar(1 - bound)]),
        },
        { how: `increased by ${bound}`, made: (p: Patch) => p.emit('Add', [probabilities(p), p.scalar(bound)]) },
      ];
      for (const { how, made } of ways) {
        const p = patch(context);
        yield {
          ...told,
          cause: 'loss.clip',
          claim: `probabilities are ${how} before the logarithm`,
          fix: 'Take the log softmax of the logits: nothing needs to be clipped then.',
          edit: p.edit(likelihood(p, context, p.emit('Log', [made(p)]))),
        };
      }
    }
    for (const share of SHARES) {
      for (const others of [false, true]) {
        const p = patch(context);
        const logs = logits ? writeSoftmax(p, node.inputs[0] as string, [1], true) : (node.inputs[0] as string);
        yield {
          ...told,
          cause: 'loss.smoothing',
          claim: `labels are smoothed by ${share}${others ? ' (over the other classes)' : ''}, the model does not smooth`,
          fix: 'Compare with the labels themselves, without smoothing.',
          edit: p.edit(likelihood(p, context, smoothed(p, context, logs, share, others))),
        };
      }
    }
  },
};

/** The loss of log probabilities, with the node's own labels, weights and reduction. */
const likelihood = (p: Patch, { node, attributes }: ForwardContext, logs: string): string =>
  p.emit('NegativeLogLikelihoodLoss', [logs, ...node.inputs.slice(1)], attributes);

/** (1 − s)·log p + s·mean over classes, so that the label's entry holds the smoothed loss; `others`: over the other classes only. */
function smoothed(p: Patch, { inputs }: ForwardContext, logs: string, share: number, others: boolean): string {
  const classes = inputs[0]?.shape[1] ?? 1;
  const sum = p.reduce('ReduceSum', logs, [1]);
  const each = share / (others ? Math.max(1, classes - 1) : classes);
  const own = 1 - share - (others ? each : 0);
  return p.emit('Add', [p.emit('Mul', [logs, p.scalar(own)]), p.emit('Mul', [sum, p.scalar(each)])]);
}
