import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { standardize, standardizedGradient } from './_normalization.ts';
import { range, tensorsOf } from './_tensors.ts';

/** Each channel of each sample is a group of its own. */
export const instanceNormalization: GradientRule = {
  op: 'InstanceNormalization',
  gradient: (context) => grouped(context, context.shape(context.inputs[0] as string)[1] as number),
};

/** Scale and bias one a channel (opset 21) or one a group (opset 18): their length says which. */
export const groupNormalization: GradientRule = {
  op: 'GroupNormalization',
  gradient: (context) => grouped(context, intAttribute(context.attributes, 'num_groups', 1)),
};

/** x as [batch, groups, channels / groups, positions], normalised over the last two axes. */
function grouped(context: GradientContext, groups: number): (string | undefined)[] {
  const [x = '', scale = '', bias = ''] = context.inputs;
  const shape = context.shape(x);
  const [batch = 1, channels = 1] = shape;
  const positions = shape.slice(2).reduce((a, b) => a * b, 1);
  const view: Shape = [batch, groups, channels / groups, positions];
  const math = tensorsOf(context, context.dtype(x));
  const axes = range(2, 2);
  const moments = standardize(math, math.reshape(x, view), axes, floatAttribute(context.attributes, 'epsilon', 1e-5));
  const dy = math.reshape(context.cotangents[0] as string, view);
  const perChannel = context.shape(scale)[0] === channels;
  const row: Shape = [1, groups, perChannel ? channels / groups : 1, 1];
  const dx = standardizedGradient(math, math.mul(dy, math.reshape(scale, row)), moments, axes);
  const parameter = (gradient: string, name: string): string =>
    math.reshape(context.unbroadcast(gradient, view, row), context.shape(name));
  return [
    math.reshape(dx, shape),
    context.needs(1) ? parameter(math.mul(dy, moments.normal), scale) : undefined,
    context.needs(2) ? parameter(dy, bias) : undefined,
  ];
}
