import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { standardize, standardizedGradient } from './_normalization.ts';
import { range, tensorsOf } from './_tensors.ts';

/** Outputs: scale ⊙ normal + bias; mean; 1 / standard deviation. */
export const layerNormalization: GradientRule = {
  op: 'LayerNormalization',
  gradient(context) {
    const [x = '', scale = '', bias = ''] = context.inputs;
    const [dy, dMean, dInverse] = context.cotangents;
    const shape = context.shape(x);
    const axes = range(shape.length).slice(axisOf(intAttribute(context.attributes, 'axis', -1), shape.length));
    const math = tensorsOf(context, context.dtype(x));
    const moments = standardize(math, x, axes, floatAttribute(context.attributes, 'epsilon', 1e-5));
    const parts: string[] = [];
    if (dy !== undefined) parts.push(standardizedGradient(math, math.mul(dy, scale), moments, axes));
    const count = axes.reduce((size, axis) => size * (shape[axis] as number), 1);
    if (dMean !== undefined) parts.push(math.expand(math.div(dMean, count), shape));
    // d(1/σ)/dx = −normal / (count σ²)
    const square = math.mul(moments.inverse, moments.inverse);
    if (dInverse !== undefined) parts.push(math.mul(math.mul(dInverse, math.div(square, -count)), moments.normal));
    return [
      parts.reduce((a, b) => math.add(a, b)),
      dy !== undefined && context.needs(1)
        ? context.unbroadcast(math.mul(dy, moments.normal), shape, context.shape(scale))
        : undefined,
      dy !== undefined && context.needs(2) ? context.unbroadcast(dy, shape, context.shape(bias)) : undefined,
    ];
  },
};
