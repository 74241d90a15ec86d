import type { Tensor } from '../types/tensor.ts';

/** How many elements of two tensors of the same type and shape differ. Integers, booleans and strings are held to this. */
export function countDifferent(a: Tensor, b: Tensor): number {
  let different = 0;
  for (let i = 0; i < a.data.length; i++) {
    if (!Object.is(a.data[i], b.data[i]) && a.data[i] !== b.data[i]) different++;
  }
  return different;
}
