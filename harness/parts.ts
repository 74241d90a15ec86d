import { sizeOf } from './shape.ts';
import { floatsOf } from './tensor.ts';
import type { Floats, Tensor, TensorSource } from './types/tensor.ts';

/** So many elements of a tensor are in memory at once, where its source can be read in parts. */
const PART = 2 ** 18;

/** A run of elements of two tensors, and the offset of its first. */
export interface Part<T> {
  readonly offset: number;
  readonly a: T;
  readonly b: T;
}

/** Two tensors of the same shape, part by part in row-major order. A source that cannot be read in parts is read whole, once. */
export function* partsOf(a: TensorSource, b: TensorSource): Generator<Part<Tensor>> {
  const size = sizeOf(a.shape);
  const [readA, readB] = [reader(a, size), reader(b, size)];
  for (let offset = 0; offset < size; offset += PART) {
    const to = Math.min(size, offset + PART);
    yield { offset, a: readA(offset, to), b: readB(offset, to) };
  }
}

/** The same of two float tensors, as numbers. */
export function* floatPartsOf(a: TensorSource, b: TensorSource): Generator<Part<Floats>> {
  for (const part of partsOf(a, b)) yield { offset: part.offset, a: floatsOf(part.a), b: floatsOf(part.b) };
}

function reader(source: TensorSource, size: number): (from: number, to: number) => Tensor {
  if (source.part !== undefined) return (from, to) => (source.part as NonNullable<TensorSource['part']>)(from, to);
  const whole = source.read();
  if (size <= PART) return () => whole;
  return (from, to) => ({ dtype: whole.dtype, shape: [to - from], data: whole.data.slice(from, to) as Tensor['data'] });
}
