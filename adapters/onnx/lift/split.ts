import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { Lift } from '../lifting.ts';
import { changed, reform } from './_node.ts';

/** Sizes were an attribute until 13; without them, the number of outputs said into how many parts until 18. */
export const split: Lift = {
  op: 'Split',
  until: 18,
  lift(node, context) {
    const x = node.inputs[0] as string;
    if (node.inputs[1]) return node;
    const axis = axisOf(intAttribute(node.attributes, 'axis', 0), context.shape(x).length);
    const given = node.attributes['split'];
    const sizes = given?.kind === 'ints' ? given.value : equalParts(context.shape(x)[axis] ?? 1, node.outputs.length);
    return reform(node, [x, context.ints(sizes)], changed(node.attributes, ['split']));
  },
};

function equalParts(size: number, parts: number): number[] {
  return Array.from({ length: parts }, () => size / parts);
}
