import { intsAttribute } from '../attributes.ts';
import type { GraphNode } from '../types/graph.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { comesFromSoftmax, reachesSoftmax } from './_attention.ts';
import { type Patch, patch } from './_patch.ts';

/** [batch, sequence, heads, size] → [batch, heads, sequence, size]. */
const SPLIT = [0, 2, 1, 3];
/** A longer segment is no attention. */
const MOST_NODES = 64;

/** Attention in one layer that splits queries, keys and values (and perhaps merges) by looking at the numbers under another shape: the same bug in several places. */
export const attentionHeadsAll: Rule = {
  id: 'attention-heads-all',
  ops: ['Transpose', 'Reshape', 'MatMul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, segment, wiring } = context;
    // Once a segment: at its last node.
    if (!context.direct || segment.length > MOST_NODES) return;
    const splits = segment.filter((each) => isSplit(context, each));
    const merges = segment.filter(
      (each) => each.op === 'Transpose' && comesFromSoftmax(wiring, each.inputs[0] as string),
    );
    if (splits.length < 2) return;
    for (const places of [splits, [...splits, ...merges]]) {
      if (places !== splits && merges.length === 0) continue;
      const p = patch(context);
      const ends = rewritten(p, context, new Set(places));
      yield {
        cause: 'attention.heads-merged',
        claim: `heads are split${places === splits ? '' : ' and merged'} without the transposition, in ${places.length} places (${places.map(({ name }) => name).join(', ')})`,
        fix: 'Split into [batch, sequence, heads, size], then transpose (0, 2, 1, 3); and back the same way.',
        specificity: 3,
        edit: p.edit(ends.get(node.outputs[0] as string) as string),
      };
    }
  },
};

/** A transposition of heads on their way into scores or means. */
function isSplit({ wiring }: ForwardContext, node: GraphNode): boolean {
  if (node.op !== 'Transpose' || wiring.producer.get(node.inputs[0] as string)?.op !== 'Reshape') return false;
  const perm = intsAttribute(node.attributes, 'perm', undefined);
  if (perm?.length !== 4 || perm[0] !== 0 || perm.indexOf(2) > perm.indexOf(1)) return false;
  const output = node.outputs[0] as string;
  const read = wiring.consumers.get(output) ?? [];
  return (
    reachesSoftmax(wiring, output) ||
    read.some(({ op, outputs }) => op === 'MatMul' && comesFromSoftmax(wiring, outputs[0] as string))
  );
}

/** The segment once more, these transpositions read in place instead. Gives its tensors' new names. */
function rewritten(
  p: Patch,
  { segment, wiring }: ForwardContext,
  places: ReadonlySet<GraphNode>,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const order = [...segment].sort((a, b) => (wiring.position.get(a) as number) - (wiring.position.get(b) as number));
  for (const node of order) {
    const inputs = node.inputs.map((name) => names.get(name) ?? name);
    const outputs = places.has(node)
      ? [inPlace(p, node, inputs[0] as string)]
      : p.emitMany(node.op, inputs, node.outputs.length, node.attributes);
    node.outputs.forEach((name, i) => names.set(name, outputs[i] as string));
  }
  return names;
}

/** What the transposition should give, by its shape; the numbers as they lie. Keys are transposed once more for the product. */
function inPlace(p: Patch, { attributes }: GraphNode, input: string): string {
  const perm = intsAttribute(attributes, 'perm', SPLIT);
  const heads = perm.indexOf(2) < perm.indexOf(1) && perm[3] === 3 ? perm : SPLIT;
  const right = p.emit('Transpose', [input], { perm: { kind: 'ints', value: heads } });
  const read = p.emit('Reshape', [input, p.emit('Shape', [right])]);
  const rest = perm.map((axis) => heads.indexOf(axis));
  return rest.every((axis, i) => axis === i)
    ? read
    : p.emit('Transpose', [read], { perm: { kind: 'ints', value: rest } });
}
