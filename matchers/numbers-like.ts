import { LayerdiffError } from '../harness/errors.ts';
import { sizeOf } from '../harness/shape.ts';
import { fromNumbers, toNumbers } from '../harness/tensor.ts';
import type { DataType, Shape, Tensor, TensorData, TensorSource } from '../harness/types/tensor.ts';

/**
 * Anything that holds a tensor's numbers: a typed array or a list of numbers; `{ data, shape }`; one of ours, with a dtype; one of ONNX
 * Runtime's (`{ data, dims, type }`) or TensorFlow.js's (`{ shape, dtype, dataSync() }`).
 */
export type NumbersLike =
  | Tensor
  | ArrayLike<number>
  | ArrayLike<bigint>
  | { readonly data: ArrayLike<number> | ArrayLike<bigint>; readonly shape: Shape; readonly dtype?: string }
  | { readonly data: unknown; readonly dims: Shape; readonly type: string }
  | { readonly shape: Shape; readonly dtype: string; dataSync(): ArrayLike<number> };

/** The numbers, and what is known of their shape and type. A bare array has no shape, a list of numbers no type. */
export interface Numbers {
  readonly data: Float64Array;
  readonly shape: Shape | null;
  readonly dtype: DataType | null;
}

const KINDS: Readonly<Record<string, DataType>> = {
  Float64Array: 'float64',
  Float32Array: 'float32',
  Float16Array: 'float64', // already decoded numbers, each exact
  BigInt64Array: 'int64',
  BigUint64Array: 'uint64',
  Int32Array: 'int32',
  Int16Array: 'int16',
  Int8Array: 'int8',
  Uint32Array: 'uint32',
  Uint16Array: 'uint16',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
};

const TYPES: ReadonlySet<string> = new Set([...Object.values(KINDS), 'float16', 'bfloat16', 'bool']);

/** Reads what {@link NumbersLike} may be. Throws E_INPUT for anything else, saying what it is. */
export function numbersOf(value: unknown, place: string): Numbers {
  const bare = numbersIn(value, undefined, place);
  if (bare !== null) return { ...bare, shape: null };
  const parts = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const shape = parts['shape'] ?? parts['dims'];
  const held = typeof parts['dataSync'] === 'function' ? (value as { dataSync(): unknown }).dataSync() : parts['data'];
  const named = parts['dtype'] ?? parts['type'];
  const found = numbersIn(held, typeof named === 'string' ? named : undefined, place);
  if (found === null || !isShape(shape)) throw noTensor(value, place);
  if (sizeOf(shape) === found.data.length) return { ...found, shape };
  const reason = `${found.data.length} elements do not fill the shape [${shape.join(', ')}]`;
  throw new LayerdiffError('E_SHAPE', place, reason, 'Give as many elements as the shape has.');
}

/** The same as a source, for inputs and parameters: a list of numbers is float32, a bare array has one axis. */
export function sourceFrom(value: unknown, place: string): TensorSource {
  if (typeof value === 'object' && value !== null && 'read' in value) return value as TensorSource;
  const { data, shape, dtype } = numbersOf(value, place);
  const tensor = fromNumbers(dtype ?? 'float32', shape ?? [data.length], data);
  return { dtype: tensor.dtype, shape: tensor.shape, read: () => tensor };
}

function numbersIn(data: unknown, named: string | undefined, place: string): Omit<Numbers, 'shape'> | null {
  if (Array.isArray(data) && data.every((x) => typeof x === 'number' || typeof x === 'bigint')) {
    return { data: Float64Array.from(data, Number), dtype: typeFrom(named) };
  }
  // By its tag, not by instanceof: Jest's realm has typed arrays of its own.
  const kind = ArrayBuffer.isView(data) ? KINDS[Object.prototype.toString.call(data).slice(8, -1)] : undefined;
  if (kind === undefined) return null;
  const dtype = typeFrom(named) ?? kind;
  const stored = dtype === 'float16' || dtype === 'bfloat16' ? dtype : kind;
  if (stored !== kind && kind !== 'uint16') throw noTensor(data, place);
  const tensor: Tensor = { dtype: stored, shape: [(data as Uint8Array).length], data: data as TensorData };
  return { data: toNumbers(tensor), dtype };
}

const typeFrom = (name: string | undefined): DataType | null =>
  name !== undefined && TYPES.has(name) ? (name as DataType) : null;

const isShape = (shape: unknown): shape is Shape =>
  Array.isArray(shape) && shape.every((d) => Number.isSafeInteger(d) && d >= 0);

function noTensor(value: unknown, place: string): LayerdiffError {
  const what = value === null ? 'null' : Object.prototype.toString.call(value).slice(8, -1);
  const remedy = 'Give a typed array, a list of numbers, or { data, shape }.';
  return new LayerdiffError('E_INPUT', place, `a tensor is expected, and this is ${what}`, remedy);
}
