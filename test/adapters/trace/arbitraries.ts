import fc from 'fast-check';
import { BYTES, fromBytes } from '../../../harness/tensor.ts';
import type { DataType, Tensor } from '../../../harness/types/tensor.ts';

export type StoredType = Exclude<DataType, 'string'>;
export const STORED_TYPES = (Object.keys(BYTES) as DataType[]).filter((d): d is StoredType => d !== 'string');

/** A tensor of any type and any small shape, from raw bytes: NaN payloads, denormals and empty axes included. */
export const anyTensor = (types: readonly StoredType[] = STORED_TYPES): fc.Arbitrary<Tensor> =>
  fc.tuple(fc.constantFrom(...types), fc.array(fc.nat(5), { maxLength: 4 })).chain(([dtype, shape]) => {
    const length = shape.reduce((a, b) => a * b, 1) * BYTES[dtype];
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => fromBytes(dtype, shape, dtype === 'bool' ? bytes.map((b) => b & 1) : bytes));
  });

/** Names as networks have them, and as they do not: slashes, digits only, quotes, other alphabets, `__proto__`. */
export const anyName = fc.oneof(
  fc.constantFrom('conv1', '/net/Relu_output_0', '1', '0', '__proto__', 'a"b\\c', 'Ω.weight', ' ', 'value/x', 'état'),
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }),
);
