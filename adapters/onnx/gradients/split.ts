import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { zeros } from './_index.ts';

/** The gradients of the parts, joined again; zeros for a part that nothing was asked of. */
export const split: GradientRule = {
  op: 'Split',
  gradient(context) {
    const [x] = context.inputs as [string];
    const axis = axisOf(intAttribute(context.attributes, 'axis', 0), context.shape(x).length);
    const parts = context.outputs.map(
      (output, k) => context.cotangents[k] ?? zeros(context, context.shape(output), context.dtype(x)),
    );
    return [context.emit('Concat', parts, { axis: int(axis) })];
  },
};
