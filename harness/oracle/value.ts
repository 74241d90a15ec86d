import { LayerdiffError } from '../errors.ts';
import { sizeOf } from '../shape.ts';
import { fromNumbers, toNumbers } from '../tensor.ts';
import type { Value } from '../types/oracle.ts';
import type { DataType, Shape, Tensor, TensorSource } from '../types/tensor.ts';

/** A value of the given elements. Throws E_SHAPE where they do not fill the shape. */
export function valueOf(dtype: DataType, shape: Shape, data: ArrayLike<number>): Value {
  if (sizeOf(shape) !== data.length) {
    throw new LayerdiffError(
      'E_SHAPE',
      'oracle',
      `${data.length} elements do not fill the shape [${shape.join(', ')}]`,
      'Give as many elements as the shape has.',
    );
  }
  const held = Object.prototype.toString.call(data) === '[object Float64Array]';
  return { dtype, shape: [...shape], data: held ? (data as Float64Array) : Float64Array.from(data) };
}

/** A value of zeros. */
export function zeros(dtype: DataType, shape: Shape): Value {
  return { dtype, shape: [...shape], data: new Float64Array(sizeOf(shape)) };
}

/** A value of shape []. */
export function scalar(dtype: DataType, x: number): Value {
  return { dtype, shape: [], data: Float64Array.of(x) };
}

/** A vector of int64. */
export function intVector(numbers: readonly number[]): Value {
  return { dtype: 'int64', shape: [numbers.length], data: Float64Array.from(numbers) };
}

/** A value of strings. */
export function stringsOf(shape: Shape, strings: readonly string[]): Value {
  return { dtype: 'string', shape: [...shape], data: new Float64Array(0), strings };
}

/** A tensor as the oracle holds it. The elements are copied, never shared. */
export function fromTensor(tensor: Tensor): Value {
  if (tensor.dtype === 'string') return stringsOf(tensor.shape, tensor.data as readonly string[]);
  return { dtype: tensor.dtype, shape: [...tensor.shape], data: toNumbers(tensor) };
}

/** Reads a source as the oracle holds it. */
export function fromSource(source: TensorSource): Value {
  return fromTensor(source.read());
}

/** The value as a tensor of its own type, or of `dtype` (float64 keeps every digit of R64). */
export function toTensor(value: Value, dtype: DataType = value.dtype): Tensor {
  if (value.dtype === 'string') return { dtype: 'string', shape: value.shape, data: value.strings ?? [] };
  return fromNumbers(dtype, value.shape, value.data);
}

/** The same elements in another shape of the same size: a view, not a copy. */
export function reshaped(value: Value, shape: Shape): Value {
  return { ...value, shape: [...shape] };
}

/** The elements as plain numbers: shapes, axes, sizes. */
export function numbersOf(value: Value): number[] {
  return Array.from(value.data);
}
