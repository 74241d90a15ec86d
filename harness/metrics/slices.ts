import { stridesOf } from '../shape.ts';
import type { Shape } from '../types/tensor.ts';

/** Root mean squares over every slice along one axis: a channel, a row, an example. */
export interface SliceRms {
  readonly axis: number;
  readonly rms: Float64Array;
}

/** Slices smaller than this are too few elements to have a noise floor of their own. */
export const SMALLEST_SLICE = 8;

/**
 * Rms of |a − b| − slack over each slice along each axis. Axes of size 1, and slices of under {@link SMALLEST_SLICE} elements, are left out.
 * With `b` null: the rms of `a` itself.
 */
export function sliceRms(
  a: Float64Array,
  b: Float64Array | null,
  shape: Shape,
  slack: Float64Array | null,
): readonly SliceRms[] {
  const strides = stridesOf(shape);
  const axes = shape
    .map((size, axis) => ({ size, axis, stride: strides[axis] as number }))
    .filter(({ size }) => size > 1 && a.length / size >= SMALLEST_SLICE);
  return axes.map(({ size, axis, stride }) => ({ axis, rms: alongAxis(a, b, slack, size, stride) }));
}

function alongAxis(
  a: Float64Array,
  b: Float64Array | null,
  slack: Float64Array | null,
  size: number,
  stride: number,
): Float64Array {
  const squares = new Float64Array(size);
  const counts = new Float64Array(size);
  for (let i = 0; i < a.length; i++) {
    const e = Math.abs((a[i] as number) - (b === null ? 0 : (b[i] as number)));
    if (!Number.isFinite(e)) continue;
    const slice = Math.floor(i / stride) % size;
    const rest = slack === null ? e : Math.max(0, e - (slack[i] as number));
    squares[slice] = (squares[slice] as number) + rest * rest;
    counts[slice] = (counts[slice] as number) + 1;
  }
  return squares.map((sum, slice) => Math.sqrt(sum / Math.max(1, counts[slice] as number)));
}
