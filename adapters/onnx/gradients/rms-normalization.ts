import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { rmsGradient, standardizeByRms } from './_normalization.ts';
import { range, tensorsOf } from './_tensors.ts';

/** y = scale ⊙ x / √(mean(x²) + ε) (Zhang and Sennrich 2019). */
export const rmsNormalization: GradientRule = {
  op: 'RMSNormalization',
  gradient(context) {
    const [x = '', scale = ''] = context.inputs;
    const dy = context.cotangents[0] as string;
    const shape = context.shape(x);
    const axes = range(shape.length).slice(axisOf(intAttribute(context.attributes, 'axis', -1), shape.length));
    const math = tensorsOf(context, context.dtype(x));
    const moments = standardizeByRms(math, x, axes, floatAttribute(context.attributes, 'epsilon', 1e-5));
    return [
      rmsGradient(math, math.mul(dy, scale), moments, axes),
      context.needs(1) ? context.unbroadcast(math.mul(dy, moments.normal), shape, context.shape(scale)) : undefined,
    ];
  },
};
