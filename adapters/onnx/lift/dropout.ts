import type { Lift } from '../lifting.ts';
import { reform } from './_node.ts';

/** Before 12 nothing was dropped: the operator stood for inference, and its ratio said what training had done. */
export const dropout: Lift = {
  op: 'Dropout',
  until: 12,
  lift(node, context) {
    const inference = node.attributes['is_test'];
    if (context.opset < 7 && !(inference?.kind === 'int' && inference.value !== 0)) {
      throw context.unsupported('in training mode drops elements that no other run can repeat');
    }
    return reform(node, [node.inputs[0] as string], {});
  },
};
