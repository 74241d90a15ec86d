/** What one pass over two tensors of equal shape tells. All sums are in float64 over the elements that are finite on every side. */
export interface Difference {
  readonly elements: number;
  /** Elements finite on every side: what the norms are over. */
  readonly compared: number;
  /** Positions at which the two disagree about being finite, or in the sign of an infinity. */
  readonly nonFinite: number;
  /** Positions at which both are non-finite alike. */
  readonly nonFiniteAlike: number;
  /** Elements of each side that are not finite. */
  readonly nonFiniteSubject: number;
  readonly nonFiniteReference: number;
  /** Positions at which the elements are equal, non-finite ones included. */
  readonly equal: number;
  readonly rms: number;
  readonly maxAbs: number;
  /** Offset of the first element that is off by {@link maxAbs}; -1 where none is off. */
  readonly maxAbsAt: number;
  /** The largest |a − b| / |b|; infinite where the reference is 0 and the subject is not. Large near zero on right answers too: nothing is judged by it. */
  readonly maxRelative: number;
  /** Elements that are off by more than was asked about. */
  readonly exceeding: number;
  readonly subjectRms: number;
  readonly referenceRms: number;
  /** ⟨a, b⟩ / (|a|·|b|); null where one of them is zero. */
  readonly cosine: number | null;
  /** Errors in units in the last place of the reference's element: bucket k up to 2^k, bucket 0 up to 1 (or none), the last one beyond. */
  readonly histogram: Float64Array;
}
