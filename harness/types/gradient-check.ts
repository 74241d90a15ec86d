import type { Shape } from './tensor.ts';

/** The largest disagreement of a claim with the differences. */
export interface Worst {
  /** The element, or null for a random direction. */
  readonly element: number | null;
  readonly expected: number;
  readonly found: number;
  /** |found − expected| / allowed: above 1 it is a mismatch. */
  readonly ratio: number;
}

/** `untested`: every direction met a kink, so that nothing was shown. */
export type ClaimVerdict = 'match' | 'mismatch' | 'untested';

export interface ClaimCheck {
  readonly by: string;
  readonly verdict: ClaimVerdict;
  readonly worst: Worst | null;
}

/** One tensor's gradient, held against differences. */
export interface TensorCheck {
  readonly name: string;
  readonly role: 'parameter' | 'input';
  readonly shape: Shape;
  /** True where every element was moved by itself. */
  readonly exhaustive: boolean;
  /** Elements and directions that were tested. */
  readonly tested: number;
  /** Elements and directions left out because the function has a kink or a jump there. */
  readonly kinks: number;
  /** Of the tested ones, those where the derivative is smaller than what differences can tell from 0. */
  readonly faint: number;
  readonly claims: readonly ClaimCheck[];
}

/** What a gradient check found. */
export interface GradientReport {
  /** What was differentiated: a tensor, or outputs with random cotangents. */
  readonly start: { readonly loss: string | null; readonly seeded: readonly string[] };
  readonly tensors: readonly TensorCheck[];
  /** Tensors, or one party's gradients of them, that were not checked, and why. */
  readonly without: readonly { readonly name: string; readonly by: string | null; readonly reason: string }[];
}

/** A tensor of which no party's gradient was shown to be right or wrong. */
export const isUntested = ({ claims }: TensorCheck): boolean => claims.every(({ verdict }) => verdict === 'untested');
