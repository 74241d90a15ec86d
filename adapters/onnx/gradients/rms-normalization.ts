import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { rmsGradient, standardizeByRms } from './_normalization.ts';
import { range, tensorsOf } from './_tensors.ts';

/** y = scale ⊙ x / √(mean(x²) + ε) (Zhang and Sennrich 2019). */
export const rmsNormalization: GradientRule = { op: 'RMSNormalization', gradient: byRms };

/** ONNX Runtime's own name for it, also in ai.onnx; its second output is 1 / √(mean(x²) + ε). */
export const simplifiedLayerNormalization: GradientRule = { op: 'SimplifiedLayerNormalization', gradient: byRms };

function byRms(context: GradientContext): (string | undefined)[] {
  const [x = '', scale = ''] = context.inputs;
  const [dy, dInverse] = context.cotangents;
  const shape = context.shape(x);
  const axes = range(shape.length).slice(axisOf(intAttribute(context.attributes, 'axis', -1), shape.length));
  const math = tensorsOf(context, context.dtype(x));
  const moments = standardizeByRms(math, x, axes, floatAttribute(context.attributes, 'epsilon', 1e-5));
  const parts: string[] = [];
  if (dy !== undefined) parts.push(rmsGradient(math, math.mul(dy, scale), moments, axes));
  if (dInverse !== undefined) {
    const count = axes.reduce((size, axis) => size * (shape[axis] as number), 1);
    const square = math.mul(moments.inverse, moments.inverse);
    parts.push(math.mul(math.mul(dInverse, math.div(square, -count)), moments.normal));
  }
  return [
    parts.reduce((a, b) => math.add(a, b)),
    dy !== undefined && context.needs(1)
      ? context.unbroadcast(math.mul(dy, moments.normal), shape, context.shape(scale))
      : undefined,
  ];
}
