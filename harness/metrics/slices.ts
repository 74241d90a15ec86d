import type { Floats, Shape } from '../types/tensor.ts';

/** Root mean squares over every slice along one axis: a channel, a row, an example. */
export interface SliceRms {
  readonly axis: number;
  /** Of |a − b| − slack, over the elements where it is finite. */
  readonly rms: Float64Array;
  /** Of b itself. */
  readonly sizes: Float64Array;
}

/** Slices smaller than this are too few elements to have a noise floor of their own. */
export const SMALLEST_SLICE = 8;

/** Measures slices of two tensors that arrive in pieces of any length, in row-major order. */
export interface SliceMeter {
  add(a: Floats, b: Floats | null, slack: Float64Array | null): void;
  finish(): readonly SliceRms[];
}

/**
 * Rms of |a − b| − slack, and of b, over each slice along each axis, in one pass. Axes of size 1, and slices of under {@link SMALLEST_SLICE}
 * elements, are left out. With `b` null: the rms of `a` itself.
 */
export function sliceRms(a: Floats, b: Floats | null, shape: Shape, slack: Float64Array | null): readonly SliceRms[] {
  const meter = createSliceMeter(shape);
  meter.add(a, b, slack);
  return meter.finish();
}

/** A meter for slices along every axis; its results don't depend on the pieces. */
export function createSliceMeter(shape: Shape): SliceMeter {
  const elements = shape.reduce((n, size) => n * size, 1);
  const axes = shape.map((size, axis) => ({ axis, size, ...sumsOf(size) }));
  const kept = axes.filter(({ size }) => size > 1 && elements / size >= SMALLEST_SLICE);
  if (kept.length === 0) return { add: () => {}, finish: () => [] };
  const last = axes[axes.length - 1] as Axis;
  const outer = axes.slice(0, -1);
  const row = { ...sumsOf(1), at: 0 };
  const index = outer.map(() => 0);
  return {
    add: (a, b, slack) => {
      for (let from = 0; from < a.length; ) {
        const to = Math.min(a.length, from + last.size - row.at);
        addRun(a, b, slack, from, to, row, last);
        row.at += to - from;
        from = to;
        if (row.at === last.size) endRow(row, outer, index);
      }
    },
    finish: () => kept.map((axis) => means(axis, elements / axis.size)),
  };
}

/** Σ error², Σ b², and how many elements each lacks for not being finite; one place a slice. */
interface Sums {
  readonly errors: Float64Array;
  readonly sizes: Float64Array;
  readonly errorsLacking: Float64Array;
  readonly sizesLacking: Float64Array;
}

interface Axis extends Sums {
  readonly axis: number;
  readonly size: number;
}

function sumsOf(size: number): Sums {
  const zeros = (): Float64Array => new Float64Array(size);
  return { errors: zeros(), sizes: zeros(), errorsLacking: zeros(), sizesLacking: zeros() };
}

/** Adds elements of one row, which go into one slice each of the last axis, and all into the row. */
function addRun(
  a: Floats,
  b: Floats | null,
  slack: Float64Array | null,
  from: number,
  to: number,
  row: Sums & { at: number },
  { errors, sizes, errorsLacking, sizesLacking }: Axis,
): void {
  let [error, size] = [row.errors[0] as number, row.sizes[0] as number];
  for (let i = from, slice = row.at; i < to; i++, slice++) {
    const y = b === null ? 0 : (b[i] as number);
    const raw = Math.abs((a[i] as number) - y);
    if (Math.abs(y) < Number.POSITIVE_INFINITY) {
      size += y * y;
      sizes[slice] = (sizes[slice] as number) + y * y;
    } else {
      row.sizesLacking[0] = (row.sizesLacking[0] as number) + 1;
      sizesLacking[slice] = (sizesLacking[slice] as number) + 1;
    }
    if (raw < Number.POSITIVE_INFINITY) {
      const e = slack === null ? raw : Math.max(0, raw - (slack[i] as number));
      error += e * e;
      errors[slice] = (errors[slice] as number) + e * e;
    } else {
      row.errorsLacking[0] = (row.errorsLacking[0] as number) + 1;
      errorsLacking[slice] = (errorsLacking[slice] as number) + 1;
    }
  }
  row.errors[0] = error;
  row.sizes[0] = size;
}

/** Adds a whole row to its slice of every other axis, and moves on to the next. */
function endRow(row: Sums & { at: number }, outer: readonly Axis[], index: number[]): void {
  let carry = true;
  for (let k = outer.length - 1; k >= 0; k--) {
    const axis = outer[k] as Axis;
    const slice = index[k] as number;
    addTo(axis.errors, slice, row.errors);
    addTo(axis.sizes, slice, row.sizes);
    if (row.errorsLacking[0] !== 0) addTo(axis.errorsLacking, slice, row.errorsLacking);
    if (row.sizesLacking[0] !== 0) addTo(axis.sizesLacking, slice, row.sizesLacking);
    if (!carry) continue;
    carry = slice + 1 === axis.size;
    index[k] = carry ? 0 : slice + 1;
  }
  row.errors[0] = row.sizes[0] = row.errorsLacking[0] = row.sizesLacking[0] = 0;
  row.at = 0;
}

function addTo(sums: Float64Array, slice: number, one: Float64Array): void {
  sums[slice] = (sums[slice] as number) + (one[0] as number);
}

function means({ axis, errors, sizes, errorsLacking, sizesLacking }: Axis, each: number): SliceRms {
  const mean = (sums: Float64Array, lacking: Float64Array): Float64Array =>
    sums.map((sum, slice) => Math.sqrt(sum / Math.max(1, each - (lacking[slice] as number))));
  return { axis, rms: mean(errors, errorsLacking), sizes: mean(sizes, sizesLacking) };
}
