import type { TensorSource } from './tensor.ts';

/** One tensor that both sides have, and why it was paired. Sources are in the reference's layout. */
export interface Pair {
  /** The reference's name. */
  readonly tensor: string;
  readonly subjectName: string;
  readonly why: string;
  /** 0…1; 1 where it was declared or the names are equal. */
  readonly confidence: number;
  readonly value: TensorSource | null;
  readonly gradient: TensorSource | null;
}

/** What alignment found. */
export interface Alignment {
  /** By the reference's name. */
  readonly pairs: ReadonlyMap<string, Pair>;
  /** Subject's names that found no partner. */
  readonly unpaired: readonly string[];
  readonly notes: readonly string[];
}
