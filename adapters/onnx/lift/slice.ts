import { intsAttribute } from '../../../harness/attributes.ts';
import type { Lift } from '../lifting.ts';
import { reform } from './_node.ts';

/** Starts, ends and axes were attributes. */
export const slice: Lift = {
  op: 'Slice',
  until: 10,
  lift(node, context) {
    const starts = intsAttribute(node.attributes, 'starts', []);
    const ends = intsAttribute(node.attributes, 'ends', []);
    const axes = intsAttribute(node.attributes, 'axes', undefined);
    const inputs = [node.inputs[0] as string, context.ints(starts), context.ints(ends)];
    return reform(node, axes === undefined ? inputs : [...inputs, context.ints(axes)], {});
  },
};
