import { unitRoundoff } from '../tensor.ts';
import type { DataType } from '../types/tensor.ts';

/** Smallest exponent of a normal number, by type: below it the spacing no longer shrinks. */
const SMALLEST: Partial<Record<DataType, number>> = { float64: -1022, float32: -126, float16: -14, bfloat16: -126 };

/** Distance between `x` and the next number of the type, at the size of `x`. */
export function spacing(x: number, dtype: DataType): number {
  const lowest = SMALLEST[dtype] ?? 0;
  const a = Math.abs(x);
  const exponent = a > 0 ? Math.max(lowest, Math.floor(Math.log2(a))) : lowest;
  return unitRoundoff(dtype) * 2 * 2 ** exponent;
}

/**
 * The error that 99 % of the elements stay below, in units in the last place of the reference's element; read from a histogram
 * of powers of two, so the answer is the upper edge of its bucket. Infinity where more than 1 % are non-finite on one side only.
 */
export function ulpP99(subject: Float64Array, reference: Float64Array, dtype: DataType): number {
  const buckets = new Float64Array(64); // bucket k: up to 2^k units; bucket 0: up to 1
  let beyond = 0;
  let counted = 0;
  let exact = 0;
  for (let i = 0; i < subject.length; i++) {
    const a = subject[i] as number;
    const b = reference[i] as number;
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) exact++;
    else if (!Number.isFinite(a) || !Number.isFinite(b)) beyond++;
    else {
      const units = Math.abs(a - b) / spacing(b, dtype);
      const bucket = units <= 1 ? 0 : Math.ceil(Math.log2(units));
      if (bucket < buckets.length) buckets[bucket] = (buckets[bucket] as number) + 1;
      else beyond++;
    }
    counted++;
  }
  return quantile(buckets, exact, beyond, counted);
}

function quantile(buckets: Float64Array, exact: number, beyond: number, counted: number): number {
  const wanted = 0.99 * counted;
  let seen = exact;
  if (seen >= wanted) return 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    seen += buckets[bucket] as number;
    if (seen >= wanted) return 2 ** bucket;
  }
  return beyond > 0 ? Number.POSITIVE_INFINITY : 0;
}
