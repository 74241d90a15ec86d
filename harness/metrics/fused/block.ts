import { unitRoundoff } from '../../tensor.ts';
import type { DataType } from '../../types/tensor.ts';

/** Elements that are measured together. Sums are over a block first, then over blocks by a tree that depends on their number alone. */
export const BLOCK = 4096;
/** Within a block, lane k sums the elements k, k + 4, k + 8, …; the lanes are then added as (0 + 1) + (2 + 3). */
export const LANES = 4;

/** What the histogram of errors holds: bucket k counts errors of up to 2^k units in the last place (bucket 0: up to 1), the last one those beyond. */
export const BUCKETS = 65;

/** What depends on what is asked, not on the numbers. */
export interface Asked {
  /** An element is exceeding where |a − b| > absolute + relative · |b|. */
  readonly absolute: number;
  readonly relative: number;
  /** Bits of the significand of the type in whose last place errors are counted, and its smallest normal number. */
  readonly precision: number;
  readonly lowest: number;
}

/** The numbers of one block; the kernel and its twin fill the same. */
export interface Block {
  /** Over elements finite in both: Σ(a − b)², Σab, Σa², Σb². */
  readonly sums: Float64Array;
  readonly histogram: Float64Array;
  maxAbs: number;
  maxRelative: number;
  /** Elements finite in both. */
  compared: number;
  /** Elements that are equal; NaN equals NaN. */
  equal: number;
  exceeding: number;
  nonFiniteSubject: number;
  nonFiniteReference: number;
  /** Of those, positions at which both are the same. */
  nonFiniteAlike: number;
  /** Positions at which one is non-finite, and the other is not the same. */
  nonFinite: number;
}

export const SUMS = 4;

export function emptyBlock(): Block {
  return {
    sums: new Float64Array(SUMS),
    histogram: new Float64Array(BUCKETS),
    maxAbs: 0,
    maxRelative: 0,
    compared: 0,
    equal: 0,
    exceeding: 0,
    nonFiniteSubject: 0,
    nonFiniteReference: 0,
    nonFiniteAlike: 0,
    nonFinite: 0,
  };
}

/** Smallest normal number, by type: below it the spacing no longer shrinks. For float64 the histogram stops earlier, where differences are still normal. */
const LOWEST: Partial<Record<DataType, number>> = {
  float64: 2 ** -960,
  float32: 2 ** -126,
  float16: 2 ** -14,
  bfloat16: 2 ** -126,
};

/** What to measure for elements of a type; whole numbers are counted as float64. */
export function asked(dtype: DataType, absolute = Number.POSITIVE_INFINITY, relative = 0): Asked {
  const unit = unitRoundoff(dtype) > 0 ? unitRoundoff(dtype) : 2 ** -53;
  return { absolute, relative, precision: -Math.log2(unit), lowest: LOWEST[dtype] ?? 2 ** -960 };
}
