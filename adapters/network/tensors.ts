import { sizeOf } from '../../harness/shape.ts';
import { toNumbers } from '../../harness/tensor.ts';
import type { DataType, Shape, Tensor, TensorData } from '../../harness/types/tensor.ts';
import { broken } from './errors.ts';
import type { Computed, NetworkTensor, Numbers } from './types.ts';

/** The element type of each kind of array; a plain list of numbers counts as float32. */
const DTYPES: Readonly<Record<string, DataType>> = {
  Float64Array: 'float64',
  Float32Array: 'float32',
  Int32Array: 'int32',
  Int16Array: 'int16',
  Int8Array: 'int8',
  Uint32Array: 'uint32',
  Uint16Array: 'uint16',
  Uint8Array: 'uint8',
};

/** A tensor of the reference as plain numbers that the network may do with as it likes: always a copy. */
export function handOver(tensor: Tensor): NetworkTensor {
  const exact = toNumbers(tensor);
  const single = Float32Array.from(exact);
  const fits = tensor.dtype !== 'float64' && single.every((x, i) => Object.is(x, exact[i]) || x === exact[i]);
  return { data: fits ? single : (exact as unknown as Numbers), shape: [...tensor.shape] };
}

/** A copy of what the network computed, as a tensor of the type that it has there. */
export function copyOf(data: ArrayLike<number>, shape: Shape): Tensor {
  const dtype = dtypeOf(data) ?? 'float32';
  const copy = ArrayBuffer.isView(data) ? (data as Float32Array).slice() : Float32Array.from(data);
  return { dtype, shape: [...shape], data: copy as TensorData };
}

/** The element type of an array, or null for what is no typed array. */
export function dtypeOf(data: unknown): DataType | null {
  return DTYPES[Object.prototype.toString.call(data).slice('[object '.length, -1)] ?? null;
}

/** True for numbers in a row: a typed array, or a list of numbers. */
export function isNumbers(data: unknown): data is ArrayLike<number> {
  return dtypeOf(data) !== null || (Array.isArray(data) && data.every((x) => typeof x === 'number'));
}

/** True for numbers with a shape. */
export function isShaped(value: unknown): value is { data: ArrayLike<number>; shape: readonly number[] } {
  return typeof value === 'object' && value !== null && 'data' in value && 'shape' in value;
}

/**
 * Gives what a layer returned its shape, and proves that the elements fill it. The live array is kept, not copied: the
 * network's own sharing of memory must stay as it is. Throws E_SUBJECT.
 */
export function shapedFrom(value: Computed | undefined, like: NetworkTensor | null, place: string): NetworkTensor {
  if (typeof value === 'number') return { data: Float32Array.of(value), shape: [] };
  if (isNumbers(value)) return { data: live(value), shape: shapeLike(value.length, like, place) };
  if (!isShaped(value)) {
    const what = value === undefined ? 'nothing' : `a ${typeof value}`;
    throw broken(place, `returned ${what} where a tensor was expected`, 'Return { data, shape }.');
  }
  const { data, shape } = value;
  if (!isNumbers(data)) {
    throw broken(place, 'returned data that are no numbers', 'Return a Float32Array, or a list of numbers.');
  }
  if (!Array.isArray(shape) || !shape.every((d) => Number.isSafeInteger(d) && d >= 0)) {
    throw broken(place, `returned the shape ${String(shape)}`, 'Return a list of whole numbers.');
  }
  if (sizeOf(shape) !== data.length) {
    const claim = `returned ${data.length} elements for the shape [${shape.join(', ')}], which has ${sizeOf(shape)}`;
    throw broken(place, claim, 'Return as many elements as the shape has.');
  }
  return { data: live(data), shape: [...shape] };
}

const live = (data: ArrayLike<number>): Numbers =>
  ArrayBuffer.isView(data) ? (data as Numbers) : Float32Array.from(data);

function shapeLike(length: number, like: NetworkTensor | null, place: string): readonly number[] {
  if (like !== null && like.data.length === length) return like.shape;
  const batch = like?.shape[0] ?? 0;
  if (length === 1) return [];
  if (batch > 0 && length % batch === 0) return [batch, length / batch];
  throw broken(place, `returned ${length} bare numbers, whose shape cannot be told`, 'Return { data, shape }.');
}

/** True where both have the same numbers in the same order; NaN equals NaN. */
export function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !(Number.isNaN(a[i]) && Number.isNaN(b[i]))) return false;
  return true;
}
