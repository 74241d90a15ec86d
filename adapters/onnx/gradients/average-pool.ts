import { intAttribute, intsAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import { windowsOf } from './_convolution.ts';
import { reciprocalCounts, spatialAxes, spreadEvenly } from './_pooling.ts';
import { tensorsOf } from './_tensors.ts';

/** dy divided by the size of its window, spread evenly over the window. */
export const averagePool: GradientRule = {
  op: 'AveragePool',
  gradient(context) {
    const x = context.inputs[0] as string;
    const [xShape, yShape] = [context.shape(x), context.shape(context.outputs[0] as string)];
    const math = tensorsOf(context, context.dtype(x));
    const kernel = intsAttribute(context.attributes, 'kernel_shape', []);
    const windows = windowsOf(context.attributes, kernel, xShape.slice(2), 'pool');
    const padding = intAttribute(context.attributes, 'count_include_pad', 0) === 1;
    const share = reciprocalCounts(math, windows, xShape.slice(2), yShape.slice(2), padding);
    return [spreadEvenly(math, math.mul(context.cotangents[0] as string, share), yShape, windows, xShape)];
  },
};

/** dy divided by the number of positions, at every position. */
export const globalAveragePool: GradientRule = {
  op: 'GlobalAveragePool',
  gradient(context) {
    const x = context.inputs[0] as string;
    const shape = context.shape(x);
    const math = tensorsOf(context, context.dtype(x));
    const positions = spatialAxes(shape).reduce((size, axis) => size * (shape[axis] as number), 1);
    return [math.expand(math.div(context.cotangents[0] as string, positions), shape)];
  },
};
