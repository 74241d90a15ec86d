import { fromNumbers } from '../../../harness/tensor.ts';
import { sizeOf } from '../../../harness/shape.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { Windows } from './_convolution.ts';
import { spread } from './_convolution.ts';
import type { TensorMath } from './_tensors.ts';
import { range } from './_tensors.ts';

/**
 * Adjoint of summing over windows: each element gets the sum of the windows that it is in.
 *
 * @param y [batch, channel, …windows] of shape `yShape`
 * @returns [batch, channel, …spatial] of shape `xShape`
 */
export function spreadEvenly(math: TensorMath, y: string, yShape: Shape, windows: Windows, xShape: Shape): string {
  const planes = (yShape[0] as number) * (yShape[1] as number);
  const single = math.reshape(y, [planes, 1, ...yShape.slice(2)]);
  const ones = range(sizeOf(windows.kernel)).fill(1);
  const weight = math.emitter.constant(fromNumbers(math.dtype, [1, 1, ...windows.kernel], ones));
  const spreadOut = spread(math, single, yShape.slice(2), weight, { ...windows, group: 1 }, xShape.slice(2));
  return math.reshape(spreadOut, xShape);
}

/**
 * 1 / elements of each window, of shape [1, 1, …windows]: those inside the input, or (`padding`) inside its padded extent;
 * what overhangs that, in a window that ceil_mode added, never counts.
 */
export function reciprocalCounts(
  math: TensorMath,
  windows: Windows,
  spatial: Shape,
  count: Shape,
  padding: boolean,
): string {
  const reciprocals = windowCounts(windows, spatial, count, padding).map((n) => (n === 0 ? 0 : 1 / n));
  return math.emitter.constant(fromNumbers(math.dtype, [1, 1, ...count], reciprocals));
}

/** Elements of each window, in row-major order: a dilated one may have none but padding. */
export function windowCounts(windows: Windows, spatial: Shape, count: Shape, padding: boolean): number[] {
  const { kernel, strides, dilations, begin, end } = windows;
  const at = (list: readonly number[], axis: number): number => list[axis] as number;
  let counts = [1];
  count.forEach((amount, axis) => {
    const low = padding ? -at(begin, axis) : 0;
    const high = at(spatial, axis) + (padding ? at(end, axis) : 0);
    const along = range(amount).map((window) => {
      const start = window * at(strides, axis) - at(begin, axis);
      const reads = range(at(kernel, axis)).map((tap) => start + tap * at(dilations, axis));
      return reads.filter((position) => low <= position && position < high).length;
    });
    counts = counts.flatMap((outer) => along.map((inner) => outer * inner));
  });
  return counts;
}

/** Axes after batch and channel. */
export const spatialAxes = (shape: Shape): number[] => range(shape.length - 2, 2);
