import { intAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { zeros } from './_index.ts';

/** The values that were chosen pass their gradients to where they stood. */
export const topK: GradientRule = {
  op: 'TopK',
  gradient(context) {
    const x = context.inputs[0] as string;
    const indices = context.outputs[1] || (context.again(context.inputs, 2)[1] as string);
    const axis = intAttribute(context.attributes, 'axis', -1);
    const inputs = [zeros(context, context.shape(x), context.dtype(x)), indices, context.cotangents[0] as string];
    return [context.emit('ScatterElements', inputs, { axis: int(axis) })];
  },
};
