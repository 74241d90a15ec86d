import { intAttribute } from '../../../harness/attributes.ts';
import type { Lift } from '../lifting.ts';
import { changed, reform } from './_node.ts';

/** The axis was an attribute, 1 unless said. */
export const dft: Lift = {
  op: 'DFT',
  until: 20,
  lift(node, context) {
    const [x = '', length = ''] = node.inputs;
    const axis = context.scalar(intAttribute(node.attributes, 'axis', 1), 'int64');
    return reform(node, [x, length, axis], changed(node.attributes, ['axis']));
  },
};
