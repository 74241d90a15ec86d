import { floatAttribute, intsAttribute } from '../../../harness/attributes.ts';
import type { Lift } from '../lifting.ts';
import { changed, reform } from './_node.ts';

/** Widths and value were attributes. */
export const pad: Lift = {
  op: 'Pad',
  until: 11,
  lift(node, context) {
    const x = node.inputs[0] as string;
    const pads = context.ints(intsAttribute(node.attributes, 'pads', []));
    const value = context.scalar(floatAttribute(node.attributes, 'value', 0), context.dtype(x));
    return reform(node, [x, pads, value], changed(node.attributes, ['pads', 'value']));
  },
};
