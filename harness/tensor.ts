import { LayerdiffError } from './errors.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './numerics/float16.ts';
import { sizeOf } from './shape.ts';
import type { DataType, Floats, Shape, Tensor, TensorData, TensorSource } from './types/tensor.ts';

/** Bytes of one element; 0 for strings. */
export const BYTES: Readonly<Record<DataType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
  string: 0,
};

/** True for types that a gradient can have. */
export function isFloat(dtype: DataType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}

/** Half the distance from 1 to the next number of the type: its unit round-off. Integers and booleans are exact: 0. */
export function unitRoundoff(dtype: DataType): number {
  switch (dtype) {
    case 'float64':
      return 2 ** -53;
    case 'float32':
      return 2 ** -24;
    case 'float16':
      return 2 ** -11;
    case 'bfloat16':
      return 2 ** -8;
    default:
      return 0;
  }
}

/** The elements as float64. int64 beyond 2^53 loses its last digits. Throws E_UNSUPPORTED for strings. */
export function toNumbers(tensor: Tensor): Float64Array {
  const { data, dtype } = tensor;
  if (dtype === 'string') {
    throw new LayerdiffError('E_UNSUPPORTED', 'tensor', 'strings are not numbers', 'Compare numeric tensors only.');
  }
  const out = new Float64Array(data.length);
  if (dtype === 'float16') for (let i = 0; i < out.length; i++) out[i] = fromFloat16(data[i] as number);
  else if (dtype === 'bfloat16') for (let i = 0; i < out.length; i++) out[i] = fromBfloat16(data[i] as number);
  else if (dtype === 'int64' || dtype === 'uint64') for (let i = 0; i < out.length; i++) out[i] = Number(data[i]);
  else out.set(data as ArrayLike<number> as Float64Array);
  return out;
}

/** The elements of a float tensor as they can be measured: float32 and float64 as they are, float16 and bfloat16 widened. */
export function floatsOf(tensor: Tensor): Floats {
  const kind = ArrayBuffer.isView(tensor.data) ? (tensor.data as Floats)[Symbol.toStringTag] : null;
  return kind === 'Float32Array' || kind === 'Float64Array' ? (tensor.data as Floats) : toNumbers(tensor);
}

/** An array for `size` elements of the type, all 0. */
export function allocate(dtype: Exclude<DataType, 'string'>, size: number): Exclude<TensorData, readonly string[]> {
  switch (dtype) {
    case 'float64':
      return new Float64Array(size);
    case 'float32':
      return new Float32Array(size);
    case 'float16':
    case 'bfloat16':
    case 'uint16':
      return new Uint16Array(size);
    case 'int64':
      return new BigInt64Array(size);
    case 'uint64':
      return new BigUint64Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'int16':
      return new Int16Array(size);
    case 'int8':
      return new Int8Array(size);
    case 'uint32':
      return new Uint32Array(size);
    case 'uint8':
    case 'bool':
      return new Uint8Array(size);
  }
}

/** A tensor of the type from plain numbers, each rounded to it (floats to nearest even, integers truncated). */
export function fromNumbers(dtype: DataType, shape: Shape, numbers: ArrayLike<number>): Tensor {
  if (dtype === 'string') {
    throw new LayerdiffError('E_UNSUPPORTED', 'tensor', 'numbers cannot make a string tensor', 'Give the strings.');
  }
  if (sizeOf(shape) !== numbers.length) {
    throw new LayerdiffError(
      'E_SHAPE',
      'tensor',
      `${numbers.length} elements do not fill the shape [${shape.join(', ')}]`,
      'Give as many elements as the shape has.',
    );
  }
  const data = allocate(dtype, numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] as number;
    if (dtype === 'float16') data[i] = toFloat16(x);
    else if (dtype === 'bfloat16') data[i] = toBfloat16(x);
    else if (dtype === 'int64' || dtype === 'uint64') data[i] = BigInt(Math.trunc(x)) as never;
    else if (dtype === 'bool') data[i] = x === 0 ? 0 : 1;
    else data[i] = x;
  }
  return { dtype, shape: [...shape], data };
}

/** A float32 tensor. */
export const float32 = (shape: Shape, numbers: ArrayLike<number>): Tensor => fromNumbers('float32', shape, numbers);

/** An int64 tensor. */
export const int64 = (shape: Shape, numbers: ArrayLike<number>): Tensor => fromNumbers('int64', shape, numbers);

/** Wraps a tensor in memory as a source. */
export function sourceOf(tensor: Tensor): TensorSource {
  return { dtype: tensor.dtype, shape: tensor.shape, read: () => tensor };
}

/** The bytes of a numeric tensor, little-endian as this machine's (every machine that Node runs on is). */
export function bytesOf(tensor: Tensor): Uint8Array {
  if (!ArrayBuffer.isView(tensor.data)) {
    throw new LayerdiffError('E_UNSUPPORTED', 'tensor', 'strings have no fixed bytes', 'Store numeric tensors only.');
  }
  const view = tensor.data as ArrayBufferView;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Reads `bytes` as elements of the type: a view where the offset is aligned, a copy otherwise (not `slice`: a Buffer's shares its memory). */
export function fromBytes(dtype: Exclude<DataType, 'string'>, shape: Shape, bytes: Uint8Array): Tensor {
  const size = sizeOf(shape);
  const probe = allocate(dtype, 0);
  const Kind = probe.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => TensorData;
  const aligned = bytes.byteOffset % BYTES[dtype] === 0 ? bytes : new Uint8Array(bytes);
  return { dtype, shape: [...shape], data: new Kind(aligned.buffer, aligned.byteOffset, size) };
}
