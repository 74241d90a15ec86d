import { intAttribute } from '../../../harness/attributes.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import { indexOf } from '../../../harness/shape.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import type { Windows } from './_convolution.ts';
import { windowsOf } from './_convolution.ts';
import type { Sampling } from './_sampling.ts';
import { coordinateGradients, linearTaps, sampled, scattered } from './_sampling.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/**
 * A convolution (Dai et al. 2017) over columns that are read between x's elements: columns = sample(x, place + offset) ⊙ mask,
 * y = weight · columns. Inputs: x, weight, offset, bias, mask.
 */
export const deformConv: GradientRule = {
  op: 'DeformConv',
  gradient(context) {
    const sizes = sizesOf(context);
    const math = tensorsOf(context, context.dtype(context.inputs[0] as string));
    const sampling = samplingOf(context, math, sizes);
    const values = sampled(math, sampling);
    const mask = context.inputs[4] ? math.reshape(context.inputs[4], [sizes.parts, 1, sampling.positions]) : undefined;
    const columns = mask === undefined ? values : math.mul(values, mask);
    const product = products(context, math, sizes, columns);
    const dValues = mask === undefined ? product.columns : math.mul(product.columns, mask);
    const dMask = (): string => math.sum(math.mul(product.columns, values), [1]);
    return [
      context.needs(0) ? math.reshape(scattered(math, sampling, dValues), sizes.x) : undefined,
      context.needs(1) ? product.weight : undefined,
      context.needs(2) ? offsetGradient(context, math, sizes, coordinateGradients(math, sampling, dValues)) : undefined,
      context.needs(3) ? math.sum(context.cotangents[0] as string, [0, 2, 3], false) : undefined,
      context.needs(4) ? math.reshape(dMask(), context.shape(context.inputs[4] as string)) : undefined,
    ];
  },
};

interface Sizes {
  readonly x: Shape;
  readonly y: Shape;
  readonly weight: Shape;
  readonly windows: Windows;
  readonly group: number;
  readonly offsetGroup: number;
  /** batch · offset groups: each has channels and positions of its own. */
  readonly parts: number;
  readonly taps: number;
  readonly places: number;
}

function sizesOf(context: GradientContext): Sizes {
  const [x, weight] = [context.shape(context.inputs[0] as string), context.shape(context.inputs[1] as string)];
  const y = context.shape(context.outputs[0] as string);
  const offsetGroup = intAttribute(context.attributes, 'offset_group', 1);
  const kernel = weight.slice(2);
  return {
    x,
    y,
    weight,
    offsetGroup,
    windows: windowsOf(context.attributes, kernel, x.slice(2), 'convolution'),
    group: intAttribute(context.attributes, 'group', 1),
    parts: (x[0] as number) * offsetGroup,
    taps: kernel.reduce((a, b) => a * b, 1),
    places: (y[2] as number) * (y[3] as number),
  };
}

function samplingOf(context: GradientContext, math: TensorMath, sizes: Sizes): Sampling {
  const { x, parts, taps, places, offsetGroup, windows, y } = sizes;
  const [, channels = 1, height = 1, width = 1] = x;
  // offset: [batch, offset group, tap, (row, column), …places]
  const offset = math.reshape(context.inputs[2] as string, [parts, taps, 2, places]);
  const axes = [height, width].map((size, axis) => {
    const shift = math.reshape(math.slice(offset, 2, axis, axis + 1), [parts, taps * places]);
    const regular = range(taps * places).map((k) => {
      const tap = indexOf(Math.floor(k / places), windows.kernel)[axis] as number;
      const place = indexOf(k % places, y.slice(2))[axis] as number;
      return place * at(windows.strides, axis) - at(windows.begin, axis) + tap * at(windows.dilations, axis);
    });
    const base = context.constant(fromNumbers(math.dtype, [1, taps * places], regular));
    return { taps: linearTaps(math, math.add(shift, base), size), stride: axis === 0 ? width : 1 };
  });
  const [own, volume] = [channels / offsetGroup, height * width];
  const view = math.reshape(context.inputs[0] as string, [parts, own, volume]);
  return { x: view, batch: parts, channels: own, volume, positions: taps * places, axes };
}

/** y = weight · columns in each group, taken back: [group, outputs, inputs · taps] and [batch, group, inputs · taps, places]. */
function products(context: GradientContext, math: TensorMath, sizes: Sizes, columns: string) {
  const { weight, group, x, y, taps, places, parts, offsetGroup } = sizes;
  const [batch = 1, channels = 1] = x;
  const [rows, depth] = [(y[1] as number) / group, (channels / group) * taps];
  const kernels = math.reshape(context.inputs[1] as string, [group, rows, depth]);
  const dy = math.reshape(context.cotangents[0] as string, [batch, group, rows, places]);
  const grouped = math.reshape(columns, [batch, group, depth, places]);
  const dKernels = math.sum(math.matmul(dy, math.transpose(grouped, [0, 1, 3, 2])), [0], false);
  const dColumns = math.matmul(math.transpose(kernels, [0, 2, 1]), dy);
  return {
    weight: math.reshape(dKernels, weight),
    columns: math.reshape(dColumns, [parts, channels / offsetGroup, taps * places]),
  };
}

function offsetGradient(
  context: GradientContext,
  math: TensorMath,
  sizes: Sizes,
  felt: readonly (string | undefined)[],
): string {
  const { parts, taps, places } = sizes;
  const rows = felt.map((d) => math.reshape(d as string, [parts, taps, 1, places]));
  return math.reshape(math.concat(rows, 2), context.shape(context.inputs[2] as string));
}

const at = (list: readonly number[], index: number): number => list[index] as number;
