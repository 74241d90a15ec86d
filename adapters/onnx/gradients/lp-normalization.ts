import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { tensorsOf } from './_tensors.ts';

/** y = x / ‖x‖ₚ: dx = (dy − ∂‖x‖ₚ/∂x ⊙ Σ dy ⊙ y) / ‖x‖ₚ; 0 where the norm is 0. */
export const lpNormalization: GradientRule = {
  op: 'LpNormalization',
  gradient(context) {
    const [x = '', y = '', dy = ''] = [context.inputs[0], context.outputs[0], context.cotangents[0]];
    const axis = axisOf(intAttribute(context.attributes, 'axis', -1), context.shape(x).length);
    const { mul, sub, div, sum, ...math } = tensorsOf(context, context.dtype(x));
    const first = intAttribute(context.attributes, 'p', 2) === 1;
    const norm = first ? sum(math.abs(x), [axis]) : math.sqrt(sum(mul(x, x), [axis]));
    const slope = first ? math.sign(x) : y;
    const zero = math.equal(norm, 0);
    const dx = div(sub(dy, mul(slope, sum(mul(dy, y), [axis]))), math.where(zero, 1, norm));
    return [math.where(zero, 0, dx)];
  },
};
