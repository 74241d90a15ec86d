import { unitRoundoff } from '../tensor.ts';
import type { DataType } from '../types/tensor.ts';
import { TENSOR_FACTOR, text } from './calibrated.ts';

/** A quantised tensor in steps before it was rounded, the zero point included. */
export interface Steps {
  readonly r64: Float64Array;
  readonly n32: Float64Array;
}

/** What each quantised type holds. */
const RANGES: Partial<Record<DataType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** True of two tensors of one type that quantised tensors are kept in. */
export const isQuantised = (a: { readonly dtype: DataType }, b: { readonly dtype: DataType }): boolean =>
  a.dtype === b.dtype && RANGES[a.dtype] !== undefined;

/** What was found of a quantised tensor: elements that are no rounding of the exact value, and what was allowed. */
export interface QuantisedJudgement {
  readonly wrong: number;
  readonly allowed: number;
  readonly because: string;
}

/**
 * Judges by the scale: an element is right where it lies within half a step of the exact value, and what float32 may lose on the way to it; so
 * one step of difference is rounding at a tie, and wrong anywhere else. What lies beyond the type's range must be its limit.
 */
export function judgeQuantised(
  subject: Float64Array,
  different: number,
  steps: Steps,
  dtype: DataType,
): QuantisedJudgement {
  const [low, high] = RANGES[dtype] as readonly [number, number];
  const clamp = (x: number): number => Math.min(Math.max(x, low), high);
  let squares = 0;
  let largest = 0;
  steps.r64.forEach((x, i) => {
    const [exact, naive] = [clamp(x), clamp(steps.n32[i] as number)];
    if (Number.isNaN(naive - exact)) return; // no rounding of NaN is right; what is known of the others stays known
    squares += (naive - exact) ** 2;
    largest = Math.max(largest, Math.abs(exact));
  });
  const noise = Math.sqrt(squares / Math.max(1, subject.length));
  const rounding = 4 * unitRoundoff('float32') * largest;
  const allowed = TENSOR_FACTOR * noise + rounding;
  let wrong = 0;
  subject.forEach((c, i) => {
    if (!(Math.abs(c - clamp(steps.r64[i] as number)) - 0.5 <= allowed)) wrong++;
  });
  const because = `within half a step of the exact value and ${text(allowed)} steps, which float32 may lose; ${different} of ${subject.length} elements differ from the framework's, ${wrong} of them elsewhere than at a tie`;
  return { wrong, allowed, because };
}
