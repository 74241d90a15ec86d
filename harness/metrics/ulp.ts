import type { Difference } from '../types/difference.ts';
import { unitRoundoff } from '../tensor.ts';
import type { DataType } from '../types/tensor.ts';

/** Smallest exponent of a normal number, by type: below it the spacing no longer shrinks. */
const SMALLEST: Partial<Record<DataType, number>> = { float64: -1022, float32: -126, float16: -14, bfloat16: -126 };

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);

/** Distance between `x` and the next number of the type, at the size of `x`. */
export function spacing(x: number, dtype: DataType): number {
  number[0] = Math.abs(x);
  const exponent = ((words[1] as number) >>> 20) - 1023; // from the bits: a logarithm may round across a power of two
  return unitRoundoff(dtype) * 2 * 2 ** Math.max(SMALLEST[dtype] ?? 0, exponent);
}

/**
 * The error that 99 % of the elements stay below, in units in the last place of the reference's element; read from a histogram
 * of powers of two, so the answer is the upper edge of its bucket. Infinity where more than 1 % are non-finite on one side only.
 */
export function ulpP99({ elements, equal, nonFiniteAlike, histogram }: Difference): number {
  const wanted = 0.99 * elements;
  if (equal >= wanted) return 0;
  let seen = nonFiniteAlike;
  for (let bucket = 0; bucket < histogram.length - 1; bucket++) {
    seen += histogram[bucket] as number;
    if (seen >= wanted) return 2 ** bucket;
  }
  return Number.POSITIVE_INFINITY;
}
