import type { GraphNode, Wiring } from '../types/graph.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { axesOf } from './_norm-written.ts';
import { axisSets, patch } from './_patch.ts';
import { writeSoftmax } from './softmax.ts';

/** A softmax written out: Exp, ReduceSum, Div. */
export const softmaxWritten: Rule = {
  id: 'softmax-written',
  ops: ['Div'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = writtenSoftmax(context);
    const rank = context.outputs[0]?.shape.length ?? 0;
    const right = found === null ? null : axesOf(context, found.sum, rank);
    if (found === null || right === null) return;
    for (const axes of axisSets(rank)) {
      if (axes.join() === right.join()) continue;
      const p = patch(context);
      yield {
        cause: 'softmax.axis',
        claim: `sums over axes ${axes.join(', ')}, not over ${right.join(', ')}`,
        fix: `Take maximum and sum over axes ${right.join(', ')}.`,
        specificity: 3,
        edit: p.edit(writeSoftmax(p, found.logits, axes, false)),
      };
    }
    const p = patch(context);
    const powers = p.emit('Exp', [found.logits]);
    yield {
      cause: 'softmax.no-max-subtraction',
      claim: 'exp overflows: the largest logit is not subtracted',
      fix: 'Subtract the largest of each row before exp.',
      specificity: 3,
      edit: p.edit(p.emit('Div', [powers, p.reduce('ReduceSum', powers, right)])),
    };
    const q = patch(context);
    yield {
      cause: 'softmax.repeated',
      claim: 'the softmax is applied twice',
      fix: 'Apply the softmax once.',
      specificity: 3,
      edit: q.edit(writeSoftmax(q, writeSoftmax(q, found.logits, right, false), right, false)),
    };
  },
};

/** Div(Exp(x − max), ReduceSum(Exp(x − max))), with or without the maximum. */
function writtenSoftmax({ node, wiring }: ForwardContext): { logits: string; sum: GraphNode } | null {
  const powers = wiring.producer.get(node.inputs[0] as string);
  const sum = wiring.producer.get(node.inputs[1] as string);
  if (powers?.op !== 'Exp' || sum?.op !== 'ReduceSum' || sum.inputs[0] !== node.inputs[0]) return null;
  return { logits: uncentred(wiring, powers.inputs[0] as string), sum };
}

/** x of x − max(x). */
function uncentred({ producer }: Wiring, name: string): string {
  const centre = producer.get(name);
  const largest = centre?.op === 'Sub' ? producer.get(centre.inputs[1] as string) : undefined;
  return largest?.op === 'ReduceMax' && largest.inputs[0] === centre?.inputs[0] ? (largest.inputs[0] as string) : name;
}
