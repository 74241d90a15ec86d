import type { DataType, Shape } from './tensor.ts';
import type { Direction } from './trace.ts';

/** A number that JSON may not be able to hold. */
export type JsonNumber = number | 'NaN' | 'Infinity' | '-Infinity';
export type Outcome = 'match' | 'mismatch' | 'inconclusive';
export type Verdict = 'match' | 'mismatch' | 'incomparable' | 'unseen' | 'vacuous';
/** same: within the noise floor; rounding: within what is allowed; precision: up to 500 floors; wrong: beyond. The last two fail. */
export type Band = 'same' | 'rounding' | 'precision' | 'wrong';

/** One element that differs most. */
export interface WorstElement {
  readonly index: readonly number[];
  readonly subject: JsonNumber;
  readonly reference: JsonNumber;
  readonly oracle: JsonNumber | null;
}

/** How far the subject is from the reference. `rms`, `maxAbs` in the tensor's own unit; `relL2` relative to the reference's norm; `ulpP99` in units in the last place of the subject's type. */
export interface Measures {
  readonly rms: JsonNumber;
  readonly maxAbs: JsonNumber;
  readonly relL2: JsonNumber;
  readonly cosine: JsonNumber | null;
  readonly ulpP99: JsonNumber;
  /** Elements beyond the allowed rms by more than a factor of 4, or non-finite on one side only. */
  readonly mismatched: number;
  readonly elements: number;
  /** Positions at which the two disagree about being finite, or in the sign of an infinity. */
  readonly nonFinite: number;
  readonly worst: readonly WorstElement[];
}

/** What was allowed, and because of what. */
export interface Allowed {
  readonly rms: JsonNumber;
  readonly because: string;
}

/** A small picture of where the error lies: rows × columns of log10(|error| / allowed), max-pooled; null where nothing was compared. */
export interface ErrorMap {
  readonly rows: number;
  readonly columns: number;
  /** What the rows and columns are, e.g. `batch·channel` and `row·column`. */
  readonly axes: readonly [string, string];
  readonly cells: readonly (number | null)[];
}

/** One row of the comparison: a tensor in one direction. */
export interface TensorReport {
  readonly tensor: string;
  readonly subjectName: string;
  readonly direction: Direction;
  readonly layer: string;
  readonly op: string;
  readonly verdict: Verdict;
  readonly band: Band | null;
  readonly local: Measures | null;
  readonly chained: Measures | null;
  readonly allowed: Allowed | null;
  readonly shape: Shape;
  readonly dtype: DataType;
  readonly why: string;
  readonly excluded: number;
  /** Why the verdict is not match or mismatch, in words. */
  readonly reason?: string;
  /** Why the reference is in doubt here: the oracle is not with it. */
  readonly suspect?: string;
  readonly map?: ErrorMap;
}

export interface Cause {
  readonly id: string;
  readonly claim: string;
  readonly fix: string;
  readonly explains: number;
  readonly evidence: readonly string[];
}

/** Where something is wrong. `update`: what the optimiser did to a parameter; such sites end the list of the backward ones. */
export interface Site {
  readonly tensor: string;
  readonly direction: Direction | 'update';
  readonly layer: string;
  readonly op: string;
  readonly cause: Cause | null;
  readonly candidates: readonly Cause[];
  /** That not every idea was tried, and how many were; only where no cause is known. */
  readonly search?: string;
}

/** The faulty layers of one direction: forward in execution order, backward from the last layer to the first. */
export interface Findings {
  readonly firstDivergence: Site | null;
  readonly faulty: readonly Site[];
}

/** One recorded update of a parameter, held against what the optimiser makes of the recorded gradient and state. */
export interface UpdateReport {
  readonly tensor: string;
  readonly subjectName: string;
  readonly direction: 'update';
  readonly layer: string;
  readonly verdict: Verdict;
  readonly local: Measures | null;
  readonly chained: null;
  readonly allowed: Allowed | null;
  readonly shape: Shape;
  /** The optimiser that it was held against, in words; null where none is known. */
  readonly optimizer: string | null;
  /** True where nobody declared it: it was found from the numbers. */
  readonly inferred: boolean;
  readonly why: string;
  /** Why the verdict is not match or mismatch, in words. */
  readonly reason?: string;
}

export interface Unseen {
  readonly tensor: string;
  readonly missing: 'subject' | 'reference';
}

/** A framework that ran the network. */
export interface ReportedReference {
  readonly name: string;
  readonly kind: string;
  readonly version: string;
  /** How its gradients are made. */
  readonly backward: string;
}

/** One of several references, and what it says of the subject. */
export interface Vote {
  readonly reference: ReportedReference;
  /** Of the subject against this reference alone. */
  readonly outcome: Outcome;
  /** False where the oracle sides with another one on some tensor. */
  readonly confirmed: boolean;
}

/** A tensor on which two references disagree, each on the same inputs. */
export interface Dispute {
  readonly tensor: string;
  readonly direction: Direction;
  /** The two references. */
  readonly between: readonly [string, string];
  /** The one that the oracle sides with; null where it cannot tell, or where the two are not the same network. */
  readonly sides: string | null;
  readonly because: string;
}

/** Where there are several references: what each says, and where they disagree. */
export interface Votes {
  readonly references: readonly Vote[];
  readonly disputes: readonly Dispute[];
}

/** Plain data, bounded in size, holding no tensor: every renderer needs only this. */
export interface Report {
  readonly format: 'layerdiff-report';
  readonly version: 1;
  readonly outcome: Outcome;
  readonly subject: { readonly name: string; readonly kind: string; readonly producer: string | null };
  /** The one that this report is of. */
  readonly reference: ReportedReference;
  /** Only where several references were given. */
  readonly votes?: Votes;
  readonly forward: Findings;
  readonly backward: Findings;
  readonly tensors: readonly TensorReport[];
  readonly unseen: readonly Unseen[];
  /** Only where the subject recorded updates. */
  readonly updates?: readonly UpdateReport[];
  readonly notes: readonly string[];
  readonly rerun: string;
  readonly timing: {
    readonly seconds: {
      readonly reference: number;
      readonly oracle: number;
      readonly compare: number;
      readonly total: number;
    };
    readonly peakBytes: number;
  };
}
