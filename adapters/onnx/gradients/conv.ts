import type { GradientContext, GradientRule } from '../rule.ts';
import { beforeActivation } from './_fused.ts';
import { convolutionOf, spread, weightGradient } from './_convolution.ts';
import { range, tensorsOf } from './_tensors.ts';

/** Input: the transposed convolution; weight: a convolution with the roles swapped; bias: the sum over all but the channel. */
export const conv: GradientRule = {
  op: 'Conv',
  gradient: (context) => convolutionGradient(context, context.cotangents[0] as string),
};

/** ONNX Runtime's convolution with its activation, y = f(conv + z): f's slope follows from y. */
export const fusedConv: GradientRule = {
  op: 'FusedConv',
  domain: 'com.microsoft',
  gradient(context) {
    const d = beforeActivation(context, context.cotangents[0] as string);
    return [...convolutionGradient(context, d), d];
  },
};

function convolutionGradient(context: GradientContext, dy: string): (string | undefined)[] {
  const [x = '', weight = ''] = context.inputs;
  const [xShape, yShape] = [context.shape(x), context.shape(context.outputs[0] as string)];
  const math = tensorsOf(context, context.dtype(x));
  const convolution = convolutionOf(context.attributes, context.shape(weight).slice(2), xShape.slice(2));
  return [
    context.needs(0) ? spread(math, dy, yShape.slice(2), weight, convolution, xShape.slice(2)) : undefined,
    context.needs(1) ? weightGradient(math, x, xShape, dy, yShape, convolution) : undefined,
    context.needs(2) ? math.sum(dy, [0, ...range(yShape.length - 2, 2)], false) : undefined,
  ];
}
