import { intAttribute } from '../../../harness/attributes.ts';
import type { Lift } from '../lifting.ts';
import { changed, reform } from './_node.ts';

/** k was an attribute. */
export const topK: Lift = {
  op: 'TopK',
  until: 10,
  lift(node, context) {
    const k = context.ints([intAttribute(node.attributes, 'k', 1)]);
    return reform(node, [node.inputs[0] as string, k], changed(node.attributes, ['k']));
  },
};
