import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf, sameShape } from '../../../harness/shape.ts';
import type { GraphNode } from '../../../harness/types/graph.ts';
import type { Lift, LiftContext } from '../lifting.ts';
import { changed, reform } from './_node.ts';

/** Before 7 only the second input was broadcast, and an axis said where in the first its own axes lie. */
const oneSided = (op: string): Lift => ({
  op,
  until: 7,
  lift(node, context) {
    const [a = '', b = ''] = node.inputs;
    const axis = node.attributes['axis'] === undefined ? null : intAttribute(node.attributes, 'axis', 0);
    const rank = context.shape(a).length;
    const from = axis === null ? rank - context.shape(b).length : axisOf(axis, rank);
    return reform(node, [a, aligned(b, from, rank, context)], changed(node.attributes, ['broadcast', 'axis']));
  },
});

/** A slope of more than one element was one a channel. */
const slope: Lift = {
  op: 'PRelu',
  until: 7,
  lift(node: GraphNode, context) {
    const [x = '', a = ''] = node.inputs;
    const single = context.shape(a).every((size) => size === 1);
    return single ? node : reform(node, [x, aligned(a, 1, context.shape(x).length, context)], {});
  },
};

/** `b` with axes of size 1 behind its own, so that these begin at axis `from` of a tensor of rank `rank`. */
function aligned(b: string, from: number, rank: number, context: LiftContext): string {
  const before = context.shape(b);
  const trailing = Math.max(rank - from - before.length, 0);
  const shape = [...before, ...Array.from({ length: trailing }, () => 1)];
  if (sameShape(before, shape)) return b;
  return context.compute('Reshape', [b, context.ints(shape)], { dtype: context.dtype(b), shape });
}

/** C was broadcast only if an attribute said so. */
const gemm: Lift = {
  op: 'Gemm',
  until: 7,
  lift: (node) => reform(node, node.inputs, changed(node.attributes, ['broadcast'])),
};

export const broadcast: readonly Lift[] = [...['Add', 'Sub', 'Mul', 'Div', 'Pow'].map(oneSided), slope, gemm];
