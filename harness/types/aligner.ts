import type { Graph } from './graph.ts';
import type { TensorType } from './adapter.ts';
import type { Sketch } from './sketch.ts';
import type { Trace } from './trace.ts';

/** What an aligner may look at. It is given only what has no partner yet. */
export interface AlignerContext {
  readonly graph: Graph;
  /** Types of the reference's tensors. */
  readonly types: ReadonlyMap<string, TensorType>;
  readonly trace: Trace;
  /** The reference's names that still look for a partner, in order of execution. */
  readonly theirs: readonly string[];
  /** The subject's names that still look for a partner, in order of execution where it is known. */
  readonly mine: readonly string[];
  /** The user's own mapping, mine → theirs. */
  readonly map: ReadonlyMap<string, string>;
  /** What the reference computes on its own values, in outline; null where it has not run. */
  readonly sketches: ReadonlyMap<string, Sketch> | null;
}

/** One pair that an aligner proposes. */
export interface Match {
  readonly mine: string;
  readonly theirs: string;
  readonly why: string;
  readonly confidence: number;
}

/** One way to find out which tensor is which. */
export interface Aligner {
  readonly id: string;
  align(context: AlignerContext): readonly Match[];
}
