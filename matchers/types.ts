import type { Direction } from '../harness/types/trace.ts';
import type { GradientOptions } from './to-have-correct-gradients.ts';
import type { MatchOptions } from './options.ts';
import type { ExpectedReference } from './sides.ts';
import type { NumbersLike } from './numbers-like.ts';
import type { TensorOptions } from './to-match-tensor.ts';

/** What Jest, Vitest and `expect` bind a matcher to. Vitest leaves `isNot` out where there is no `.not`. */
export interface MatcherContext {
  readonly isNot?: boolean;
}

/** What a matcher gives back: `message` is shown where the expectation is not met. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** Where a divergence is expected. At least one of `tensor` and `layer`; names are the reference's or the network's own. */
export interface DivergenceSite {
  readonly tensor?: string;
  readonly layer?: string;
  /** Either direction unless said: forward first, then backward. */
  readonly direction?: Direction;
  /** Id of the proven cause, e.g. `conv.padding`. */
  readonly cause?: string;
}

/** The matchers as `expect(…)` offers them: what the entry points for Jest and Vitest declare. */
export interface LayerdiffMatchers {
  /** The network (or recorded trace) computes what the reference does, every layer, forward and backward. */
  toMatchReference(reference: ExpectedReference, options?: MatchOptions): Promise<void>;
  /** The first divergence lies there: for a bug that is known, and for tests of tests. */
  toDivergeAt(reference: ExpectedReference, site: string | DivergenceSite, options?: MatchOptions): Promise<void>;
  /** Two tensors are the same but for rounding, or for the tolerance given. */
  toMatchTensor(expected: NumbersLike, options?: TensorOptions): void;
  /** The gradients that the network computes are those of its own forward pass. Needs no reference. */
  toHaveCorrectGradients(options: GradientOptions): Promise<void>;
}
