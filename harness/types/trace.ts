import type { OptimizerDeclaration } from './optimizer.ts';
import type { Tensor, TensorSource } from './tensor.ts';

/** What one side computed in one iteration. Names are the side's own; `order` is its order of execution where it is known. */
export interface Trace {
  readonly values: ReadonlyMap<string, TensorSource>;
  /** d loss / d NAME, summed over all uses of NAME. */
  readonly gradients: ReadonlyMap<string, TensorSource>;
  /** Parameter after the optimiser's step minus before it. */
  readonly updates: ReadonlyMap<string, TensorSource>;
  /** Optimiser state, `NAME/SLOT`. */
  readonly states: ReadonlyMap<string, TensorSource>;
  readonly metadata: TraceMetadata;
}

export interface TraceMetadata {
  readonly producer: string | null;
  readonly order: readonly string[] | null;
  readonly iteration: number;
  /** Axis letters of tensors whose layout differs from the reference's, e.g. `NHWC`. */
  readonly axes: ReadonlyMap<string, string>;
  /** Layer name to the list of its tensors. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** What the optimiser is set to, where updates are recorded. */
  readonly optimizer?: OptimizerDeclaration;
}

/** Either way through the network. */
export type Direction = 'forward' | 'backward';

/** One tensor of an answer: a value (forward) or a gradient (backward). */
export interface Answer {
  readonly name: string;
  readonly direction: Direction;
  readonly tensor: Tensor;
}
