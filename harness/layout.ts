import { allocate } from './tensor.ts';
import { sizeOf, stridesOf } from './shape.ts';
import type { Tensor, TensorData, TensorSource } from './types/tensor.ts';

/**
 * The same tensor with its axes in another order.
 * @param axes for each axis of the result, the axis of the source that it takes
 */
export function permuteAxes(source: TensorSource, axes: readonly number[]): TensorSource {
  const shape = axes.map((axis) => source.shape[axis] as number);
  return { dtype: source.dtype, shape, read: () => permuted(source.read(), axes) };
}

/** Every order of so many axes, the usual one first. */
export function permutations(rank: number): readonly (readonly number[])[] {
  const orders = (items: readonly number[]): number[][] =>
    items.length <= 1
      ? [[...items]]
      : items.flatMap((item) => orders(items.filter((i) => i !== item)).map((rest) => [item, ...rest]));
  return orders(Array.from({ length: rank }, (_, axis) => axis));
}

function permuted(tensor: Tensor, axes: readonly number[]): Tensor {
  const shape = axes.map((axis) => tensor.shape[axis] as number);
  const strides = stridesOf(tensor.shape);
  const steps = axes.map((axis) => strides[axis] as number);
  const size = sizeOf(shape);
  const offsets = new Float64Array(size);
  const index = shape.map(() => 0);
  let offset = 0;
  for (let i = 0; i < size; i++) {
    offsets[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += steps[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      offset -= (steps[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return { dtype: tensor.dtype, shape, data: take(tensor, offsets) };
}

function take(tensor: Tensor, offsets: Float64Array): TensorData {
  if (tensor.dtype === 'string') return Array.from(offsets, (o) => tensor.data[o] as string);
  const data = allocate(tensor.dtype, offsets.length);
  for (let i = 0; i < offsets.length; i++) data[i] = tensor.data[offsets[i] as number] as never;
  return data;
}
