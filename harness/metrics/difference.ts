/** What one pass over two tensors of equal shape tells. All sums are in float64 over the elements that are finite on every side. */
export interface Difference {
  readonly elements: number;
  /** Elements finite on every side: what the norms are over. */
  readonly compared: number;
  /** Positions at which the two disagree about being finite, or in the sign of an infinity. */
  readonly nonFinite: number;
  /** Positions at which both are non-finite alike. */
  readonly nonFiniteAlike: number;
  readonly rms: number;
  readonly maxAbs: number;
  readonly subjectRms: number;
  readonly referenceRms: number;
  /** ⟨a, b⟩ / (|a|·|b|); null where one of them is zero. */
  readonly cosine: number | null;
}

/** True where both are the same kind of non-finite number, or both are finite. */
export function sameKind(a: number, b: number): boolean {
  if (Number.isFinite(a)) return Number.isFinite(b);
  return Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b));
}

/**
 * Compares two tensors element by element in one pass.
 * @param slack where given, |error| is reduced by slack[i] (never below 0): what may honestly differ at kinks and ties
 */
export function difference(subject: Float64Array, reference: Float64Array, slack: Float64Array | null): Difference {
  let compared = 0;
  let nonFinite = 0;
  let nonFiniteAlike = 0;
  let error = 0;
  let maxAbs = 0;
  let dot = 0;
  let subjectSquares = 0;
  let referenceSquares = 0;
  for (let i = 0; i < subject.length; i++) {
    const a = subject[i] as number;
    const b = reference[i] as number;
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      if (sameKind(a, b)) nonFiniteAlike++;
      else nonFinite++;
      continue;
    }
    let e = Math.abs(a - b);
    if (slack !== null) e = Math.max(0, e - (slack[i] as number));
    compared++;
    error += e * e;
    if (e > maxAbs) maxAbs = e;
    dot += a * b;
    subjectSquares += a * a;
    referenceSquares += b * b;
  }
  const count = Math.max(1, compared);
  const norms = Math.sqrt(subjectSquares) * Math.sqrt(referenceSquares);
  return {
    elements: subject.length,
    compared,
    nonFinite,
    nonFiniteAlike,
    rms: Math.sqrt(error / count),
    maxAbs,
    subjectRms: Math.sqrt(subjectSquares / count),
    referenceRms: Math.sqrt(referenceSquares / count),
    cosine: norms > 0 ? dot / norms : null,
  };
}

/** Root mean square of |a − b| − slack over the elements finite in both: the noise of one correct answer against another. */
export function noiseBetween(a: Float64Array, b: Float64Array, slack: Float64Array | null): number {
  return difference(a, b, slack).rms;
}
