import type * as Core from '@tensorflow/tfjs-core';
import { LayerdiffError } from '../../harness/errors.ts';
import { fromNumbers, toNumbers } from '../../harness/tensor.ts';
import type { DataType, Tensor } from '../../harness/types/tensor.ts';

export type TfTensor = Core.Tensor;

/** TensorFlow.js's own type for one of ours; it has no float64, and 32 bits for whole numbers. Throws E_UNSUPPORTED. */
export function tfType(dtype: DataType, place: string): 'float32' | 'int32' | 'bool' {
  if (dtype === 'float32' || dtype === 'bool') return dtype;
  if (/^u?int/.test(dtype)) return 'int32';
  const remedy = 'TensorFlow.js computes in float32, int32 and bool.';
  throw new LayerdiffError('E_UNSUPPORTED', place, `TensorFlow.js has no ${dtype}`, remedy);
}

/** Hands a tensor to TensorFlow.js. Whole numbers beyond 32 bits become its largest or smallest. */
export function toTf(core: typeof Core, tensor: Tensor, place: string): TfTensor {
  const dtype = tfType(tensor.dtype, place);
  const shape = [...tensor.shape];
  if (tensor.dtype === 'float32') return core.tensor(tensor.data as Float32Array, shape, dtype);
  const numbers = toNumbers(tensor);
  if (dtype === 'bool') return core.tensor(Uint8Array.from(numbers), shape, dtype);
  return core.tensor(Int32Array.from(numbers, clamp), shape, dtype);
}

const clamp = (x: number): number => Math.min(2147483647, Math.max(-2147483648, x));

/** Takes a tensor's elements out of TensorFlow.js. */
export function fromTf(tensor: TfTensor, dtype: DataType): Tensor {
  return fromNumbers(dtype, tensor.shape, tensor.dataSync() as unknown as ArrayLike<number>);
}
