import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { tensorsOf } from './_tensors.ts';

/** dx = y ⊙ (dy − Σ dy ⊙ y). */
export const softmax: GradientRule = {
  op: 'Softmax',
  gradient(context) {
    const [dy = '', y = ''] = [context.cotangents[0], context.outputs[0]];
    const { mul, sub, sum } = tensorsOf(context, context.dtype(y));
    return [mul(y, sub(dy, sum(mul(dy, y), [axis(context)])))];
  },
};

/** dx = dy − exp(y) ⊙ Σ dy. */
export const logSoftmax: GradientRule = {
  op: 'LogSoftmax',
  gradient(context) {
    const [dy = '', y = ''] = [context.cotangents[0], context.outputs[0]];
    const { mul, sub, exp, sum } = tensorsOf(context, context.dtype(y));
    return [sub(dy, mul(exp(y), sum(dy, [axis(context)])))];
  },
};

function axis(context: GradientContext): number {
  return axisOf(intAttribute(context.attributes, 'axis', -1), context.shape(context.inputs[0] as string).length);
}
