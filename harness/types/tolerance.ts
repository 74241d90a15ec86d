import type { Difference } from './difference.ts';
import type { Band } from './report.ts';
import type { DataType, Floats, Shape } from './tensor.ts';

/** R64, N32, and more float32 replays where one alone leaves doubt. */
export interface OracleEvidence {
  readonly r64: Float64Array;
  readonly n32: Float64Array;
  readonly resample: () => readonly Float64Array[];
  /** What the subject was given is known to a narrower type's unit only: always resample before failing. */
  readonly rough: boolean;
}

/** Everything that a tolerance may look at for one tensor. All arrays have the same length. */
export interface Evidence {
  /** C: the subject. */
  readonly subject: Floats;
  /** R32: the framework, on the subject's own inputs. */
  readonly reference: Floats;
  /** What the oracle says, where it was asked. */
  readonly oracle: OracleEvidence | null;
  readonly slack: Float64Array | null;
  /** C against R32 without slack, where it has been measured already. */
  readonly apart?: Difference;
  readonly shape: Shape;
  /** The subject's type, whose unit of rounding counts. */
  readonly dtype: DataType;
  /** 1 for operators that are computed to absolute accuracy, else 0. */
  readonly scale: number;
}

/** R64 and N32 at some elements of the tensor. */
export type AskAt = (elements: Int32Array) => { readonly r64: Float64Array; readonly n32: Float64Array } | null;

/** What a tolerance found: passing is proving `measured <= allowed`. */
export interface Judgement {
  readonly passes: boolean;
  readonly band: Band;
  readonly measured: number;
  readonly allowed: number;
  readonly because: string;
  /** Set where framework and oracle disagree by more than either's noise. */
  readonly suspect: string | null;
}

/** One way to judge a tensor. */
export interface Tolerance {
  /** As the user writes it: `calibrated`, `allclose:1e-3,1e-5`. */
  readonly spelled: string;
  /** Whether it asks the oracle where {@link Tolerance.settle} proves nothing. */
  readonly needsOracle: boolean;
  /** Proves a match without the oracle, or null. */
  settle?(evidence: Evidence): Judgement | null;
  /** Proves a match by the oracle at some elements alone, or null. `random` draws them. */
  settleAt?(evidence: Evidence, ask: AskAt, random: () => number): Judgement | null;
  judge(evidence: Evidence): Judgement;
}

/** Which tolerance holds for which tensor: the last rule whose glob fits. */
export interface ToleranceRule {
  readonly glob: string;
  readonly tolerance: Tolerance;
}

/** A tensor that may be off by honest lack of precision, and why the user allows it. */
export interface PrecisionAllowance {
  readonly glob: string;
  readonly reason: string;
}
