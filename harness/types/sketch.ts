import type { Shape } from './tensor.ts';

/** A few numbers that tell tensors apart: order-free ones, and elements at fixed places. Bounded whatever the tensor's size. */
export interface Sketch {
  readonly shape: Shape;
  readonly float: boolean;
  readonly mean: number;
  readonly rms: number;
  /** Share of elements that are negative, and that are exactly 0. */
  readonly negative: number;
  readonly zero: number;
  readonly largest: number;
  /** Row-major offsets of the sampled elements (of the tensor's own layout), and their values. */
  readonly offsets: Float64Array;
  readonly samples: Float64Array;
}
