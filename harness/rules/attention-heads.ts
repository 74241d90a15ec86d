import { intAttribute, intsAttribute } from '../attributes.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { comesFromSoftmax, reachesSoftmax } from './_attention.ts';
import { patch } from './_patch.ts';

/** Heads split or merged by looking at the numbers under another shape, without the transposition: [batch, sequence, heads, size] ↔ [batch, heads, sequence, size]. */
export const attentionHeads: Rule = {
  id: 'attention-heads',
  ops: ['Transpose', 'Attention'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    if (context.node.op === 'Transpose') yield* ofTranspose(context);
    else yield* ofOperator(context);
  },
};

const told = { cause: 'attention.heads-merged', specificity: 3 as const };

function* ofTranspose(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node, wiring, inputs, outputs, attributes } = context;
  const [from, to] = [inputs[0]?.shape, outputs[0]?.shape];
  const perm = intsAttribute(attributes, 'perm', undefined);
  if (from === undefined || to === undefined || perm === undefined || from.length < 3) return;
  const splits = wiring.producer.get(node.inputs[0] as string)?.op === 'Reshape';
  const merges = (wiring.consumers.get(node.outputs[0] as string) ?? []).some(({ op }) => op === 'Reshape');
  const inside = merges ? comesFromSoftmax(wiring, node.inputs[0] as string) : feedsAttention(context);
  if ((!splits && !merges) || !inside) return;
  const p = patch(context);
  const what = merges ? 'merged' : 'split';
  yield {
    ...told,
    claim: `heads are ${what} without the transposition (${perm.join(', ')}): [${from.join(', ')}] is read as [${to.join(', ')}]`,
    fix: `Transpose (${perm.join(', ')}) ${merges ? 'before merging' : 'after splitting'} the heads; reshaping alone mixes positions and heads.`,
    edit: p.edit(p.reshape(node.inputs[0] as string, to)),
  };
}

/** Queries and keys reach the softmax; values are multiplied by what comes from it. */
function feedsAttention({ node, wiring }: ForwardContext): boolean {
  const output = node.outputs[0] as string;
  if (reachesSoftmax(wiring, output)) return true;
  return (wiring.consumers.get(output) ?? []).some(
    (reader) => reader.op === 'MatMul' && comesFromSoftmax(wiring, reader.outputs[0] as string),
  );
}

/** The operator's own splitting of [batch, sequence, heads·size]. */
function* ofOperator(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node, inputs, attributes } = context;
  const [q, k, v] = inputs;
  if (q?.shape.length !== 3 || k === undefined || v === undefined) return;
  const heads = intAttribute(attributes, 'q_num_heads', 1);
  const keyHeads = intAttribute(attributes, 'kv_num_heads', heads);
  if (heads < 2) return;
  const counts = [heads, keyHeads, keyHeads];
  const split = (slot: number): number[] => {
    const [batch = 1, sequence = 1, width = 1] = inputs[slot]?.shape ?? [];
    const count = counts[slot] as number;
    return [batch, count, sequence, width / count];
  };
  const [batch = 1, rows = 1] = q.shape;
  const width = ((v.shape[2] as number) / keyHeads) * heads;
  const merged = [batch, rows, width];
  const attributesOf4d = Object.fromEntries(
    Object.entries(attributes).filter(([name]) => name !== 'q_num_heads' && name !== 'kv_num_heads'),
  );
  for (const { splits, merges } of [
    { splits: true, merges: true },
    { splits: true, merges: false },
    { splits: false, merges: true },
  ]) {
    const p = patch(context);
    const parts = [0, 1, 2].map((slot) => {
      const to = split(slot);
      const name = node.inputs[slot] as string;
      if (splits) return p.reshape(name, to);
      const [b = 1, h = 1, s = 1, d = 1] = to;
      return p.emit('Transpose', [p.reshape(name, [b, s, h, d])], { perm: { kind: 'ints', value: [0, 2, 1, 3] } });
    });
    const y = p.emit('Attention', [...parts, ...node.inputs.slice(3)], attributesOf4d);
    const ordered = merges ? y : p.emit('Transpose', [y], { perm: { kind: 'ints', value: [0, 2, 1, 3] } });
    const which = splits && merges ? 'split and merged' : splits ? 'split' : 'merged';
    yield {
      ...told,
      claim: `heads are ${which} without a transposition: [batch, sequence, heads·size] is read as [batch, heads, sequence, size]`,
      fix: 'Split into [batch, sequence, heads, size], then transpose (0, 2, 1, 3); and back the same way.',
      edit: p.edit(p.reshape(ordered, merged)),
    };
  }
}
