import type { Difference } from '../types/difference.ts';
import type { Floats } from '../types/tensor.ts';
import { type Asked, asked } from './fused/block.ts';
import { createMeter, type Measured } from './fused/meter.ts';

/** True where both are the same kind of non-finite number, or both are finite. */
export function sameKind(a: number, b: number): boolean {
  if (Number.isFinite(a)) return Number.isFinite(b);
  return Object.is(a, b);
}

/**
 * Compares two tensors element by element in one pass.
 * @param slack where given, |error| is reduced by slack[i] (never below 0): what may honestly differ at kinks and ties
 * @param what the type whose last place is the unit of the histogram, and beyond what an element counts as exceeding
 */
export function difference(
  subject: Floats,
  reference: Floats,
  slack: Float64Array | null,
  what: Asked = asked('float64'),
): Difference {
  const meter = createMeter(what);
  meter.add(subject, reference, slack);
  return differenceOf(meter.finish());
}

/** Norms and means of what a meter summed. */
export function differenceOf({ sums, ...measured }: Measured): Difference {
  const [error, dot, subjectSquares, referenceSquares] = sums as unknown as [number, number, number, number];
  const count = Math.max(1, measured.compared);
  const norms = Math.sqrt(subjectSquares) * Math.sqrt(referenceSquares);
  return {
    ...measured,
    rms: Math.sqrt(error / count),
    subjectRms: Math.sqrt(subjectSquares / count),
    referenceRms: Math.sqrt(referenceSquares / count),
    cosine: norms > 0 ? dot / norms : null,
  };
}

/** Root mean square of |a − b| − slack over the elements finite in both: the noise of one correct answer against another. */
export function noiseBetween(a: Floats, b: Floats, slack: Float64Array | null): number {
  return difference(a, b, slack).rms;
}
