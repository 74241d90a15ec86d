import { isFloat } from '../tensor.ts';
import type { GraphNode } from '../types/graph.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { isConstant } from './_numbers.ts';
import { patch } from './_patch.ts';

/** No more other tensors than this, the nearest first, are tried in the place of one. */
const MOST_OTHERS = 48;

/** A tensor inside a fused layer, not recorded itself, that was not written over what its buffer held: another tensor of its size. */
export const hiddenBuffer: Rule = {
  id: 'hidden-buffer',
  late: true,
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, outputs, direct } = context;
    const [y] = outputs;
    if (direct || y === undefined || !isFloat(y.dtype) || node.outputs.length > 1 || node.inputs.length === 0) return;
    if (node.domain !== '' || y.data.length < 2) return;
    for (const name of buffersBefore(context, y.data.length)) {
      const where = `what ${node.name} hands on inside this layer`;
      const p = patch(context);
      const held = p.reshape(name, y.shape);
      yield {
        cause: 'value.stale',
        claim: `${where} is "${name}": the buffer was not written, or the wrong one is read`,
        fix: `Write ${node.name}'s result to its own buffer before it is read.`,
        specificity: 2,
        edit: p.edit(held),
      };
      const q = patch(context);
      const right = q.emit(node.op, node.inputs, node.attributes);
      yield {
        cause: 'value.accumulated',
        claim: `${where} is added to "${name}", which was in the buffer`,
        fix: `Clear the buffer of ${node.name}'s result before adding to it, or assign instead of adding.`,
        specificity: 2,
        edit: q.edit(q.emit('Add', [right, q.reshape(name, y.shape)])),
      };
    }
  },
};

/** Tensors of so many elements that there are before the node runs: recorded ones, and those inside the layer. The nearest first. */
function buffersBefore({ node, wiring, recorded, value, segment }: ForwardContext, size: number): readonly string[] {
  const { graph, producer, position } = wiring;
  const end = position.get(node) as number;
  const placeOf = (made: GraphNode | undefined): number => (made === undefined ? -1 : (position.get(made) as number));
  const known = recorded('forward').filter((name) => {
    if (graph.initializers.has(name) || placeOf(producer.get(name)) >= end) return false;
    const other = value(name);
    return other !== null && isFloat(other.dtype) && other.data.length === size && !isConstant(other.data);
  });
  // Of those that nothing recorded, one of another size makes an edit that cannot be computed: it is no hypothesis.
  const inside = segment.flatMap((other) => (placeOf(other) < end ? other.outputs.filter((name) => name !== '') : []));
  const near = (name: string): number => placeOf(producer.get(name));
  return [...new Set([...known, ...inside])]
    .filter((name) => !node.outputs.includes(name))
    .sort((a, b) => near(b) - near(a))
    .slice(0, MOST_OTHERS);
}
