import { intAttribute, intsAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import { int, ints } from '../rule.ts';
import type { TensorMath } from './_tensors.ts';
import { range } from './_tensors.ts';

/** Where windows lie, one number a spatial axis: element j of window o reads position o·stride − begin + j·dilation. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** A convolution's windows, with its groups. */
export interface Convolution extends Windows {
  readonly group: number;
}

/** Resolves attributes (auto_pad included) against the concrete spatial sizes of what the windows slide over. */
export function windowsOf(attributes: Attributes, kernel: Shape, spatial: Shape, of: 'pool' | 'convolution'): Windows {
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(attributes, 'strides', ones);
  const dilations = intsAttribute(attributes, 'dilations', ones);
  const automatic = stringAttribute(attributes, 'auto_pad', 'NOTSET');
  const pads = intsAttribute(attributes, 'pads', [...ones, ...ones].fill(0));
  const rank = kernel.length;
  if (automatic === 'NOTSET' || automatic === '') {
    return { kernel, strides, dilations, begin: pads.slice(0, rank), end: pads.slice(rank) };
  }
  const totals = spatial.map((size, axis) => {
    if (automatic === 'VALID') return 0;
    const [stride, extent] = [at(strides, axis), at(dilations, axis) * (at(kernel, axis) - 1) + 1];
    const total = (Math.ceil(size / stride) - 1) * stride + extent - size;
    // Negative where a stride is longer than the kernel: ONNX Runtime then centres the windows, a convolution's by one less.
    return total < 0 && of === 'convolution' ? total + 1 : total;
  });
  const begin = totals.map((total) => Math.trunc((automatic === 'SAME_LOWER' ? total + 1 : total) / 2));
  return { kernel, strides, dilations, begin, end: totals.map((total, axis) => total - at(begin, axis)) };
}

/** The convolution of a Conv or ConvTranspose node from its attributes. */
export function convolutionOf(attributes: Attributes, kernel: Shape, spatial: Shape): Convolution {
  return { ...windowsOf(attributes, kernel, spatial, 'convolution'), group: intAttribute(attributes, 'group', 1) };
}

/**
 * Adjoint of a convolution in its input: spreads y over the windows.
 *
 * @param y [batch, outputs, …windows]
 * @param weight [outputs, inputs / group, …kernel]
 * @param spatial sizes of what the windows slide over; windows may overhang its end
 * @returns [batch, inputs, …spatial]
 */
export function spread(
  math: TensorMath,
  y: string,
  count: Shape,
  weight: string,
  conv: Convolution,
  spatial: Shape,
): string {
  const { kernel, strides, dilations, begin } = conv;
  const full = count.map((n, axis) => (n - 1) * at(strides, axis) + at(dilations, axis) * (at(kernel, axis) - 1) + 1);
  const over = full.map((size, axis) => size - at(begin, axis) - at(spatial, axis));
  // ONNX Runtime refuses an output_padding that is not below the stride: what more is missing is padded afterwards.
  const easy = over.every((n, axis) => -n < at(strides, axis)) && begin.every((n) => n >= 0);
  const spreadOut = math.emitter.emit('ConvTranspose', [y, weight], {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    dilations: ints(dilations),
    group: int(conv.group),
    pads: ints([...begin, ...over].map((n) => Math.max(n, 0))),
    ...(easy ? { output_padding: ints(over.map((n) => Math.max(-n, 0))) } : {}),
  });
  if (easy) return spreadOut;
  const missing = (pads: readonly number[]): number[] => [0, 0, ...pads.map((n) => Math.max(-n, 0))];
  return math.pad(spreadOut, missing(begin), missing(over));
}

/**
 * Gradient of a convolution in its weight: a convolution whose kernel is y and whose strides and dilations change places.
 *
 * @param x [batch, inputs, …spatial] of shape `xShape`
 * @param y [batch, outputs, …windows] of shape `yShape`
 * @returns [outputs, inputs / group, …kernel]
 */
export function weightGradient(
  math: TensorMath,
  x: string,
  xShape: Shape,
  y: string,
  yShape: Shape,
  conv: Convolution,
): string {
  if (isPointwise(conv)) return pointwiseGradient(math, x, xShape, y, yShape);
  const { group, kernel } = conv;
  const [batch, inputs] = [at(xShape, 0), at(xShape, 1)];
  const spatial = xShape.slice(2);
  const grouped = math.reshape(x, [batch, group, inputs / group, ...spatial]);
  const turned = math.transpose(grouped, [2, 1, 0, ...range(kernel.length, 3)]);
  const signal = math.reshape(turned, [inputs / group, group * batch, ...spatial]);
  const taps = math.transpose(y, [1, 0, ...range(kernel.length, 2)]);
  // Where windows begin inside (negative pads), what lies before them is cut off first.
  const cropped = [conv.begin, conv.end].map((pads) => [0, 0, ...pads.map((n) => Math.min(n, 0))]) as [
    number[],
    number[],
  ];
  const wide = math.emitter.emit('Conv', [math.pad(signal, ...cropped), taps], {
    kernel_shape: ints(yShape.slice(2)),
    strides: ints(conv.dilations),
    dilations: ints(conv.strides),
    group: int(group),
    pads: ints([...conv.begin, ...conv.end].map((n) => Math.max(n, 0))),
  });
  // Where the last window does not reach the end there is more than the kernel: [inputs / group, outputs, ≥ kernel …].
  const cut = math.emitter.emit('Slice', [
    wide,
    math.emitter.ints(kernel.map(() => 0)),
    math.emitter.ints(kernel),
    math.emitter.ints(range(kernel.length, 2)),
  ]);
  return math.transpose(cut, [1, 0, ...range(kernel.length, 2)]);
}

/** A kernel of one element, in steps of one: a matrix product at every place. */
function isPointwise({ kernel, strides, begin, end, group }: Convolution): boolean {
  return group === 1 && [...kernel, ...strides].every((n) => n === 1) && [...begin, ...end].every((n) => n === 0);
}

/** Σ over the batch of y · xᵀ, instead of a convolution with a kernel as large as the image. */
function pointwiseGradient(math: TensorMath, x: string, xShape: Shape, y: string, yShape: Shape): string {
  const [batch, inputs, ...spatial] = xShape;
  const outputs = at(yShape, 1);
  const places = spatial.reduce((a, b) => a * b, 1);
  const rows = math.reshape(y, [batch as number, outputs, places]);
  const columns = math.transpose(math.reshape(x, [batch as number, inputs as number, places]), [0, 2, 1]);
  const products = math.sum(math.matmul(rows, columns), [0], false);
  return math.reshape(products, [outputs, inputs as number, ...spatial.map(() => 1)]);
}

const at = (list: readonly number[], index: number): number => list[index] as number;
