import type { Arithmetic } from '../../types/oracle.ts';
import { rowsOf } from './_rows.ts';

/** One operand of a matrix product: where its element (row, column) lies. Transposing is swapping the steps. */
export interface Matrix {
  readonly data: Float64Array;
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

/**
 * out[start + r·n + c] += Σ_k a(r, k) · b(k, c), k in order, each product and each sum rounded.
 * a: [m, depth], b: [depth, n], out: [m, n] row-major from `start`.
 */
export function multiplyInto(
  arithmetic: Arithmetic,
  a: Matrix,
  b: Matrix,
  size: { readonly m: number; readonly depth: number; readonly n: number },
  out: Float64Array,
  start = 0,
): void {
  const rows = rowsOf(arithmetic);
  // One row of b at a time keeps the inner loop on neighbouring elements; each out element still sums over k in order.
  for (let r = 0; r < size.m; r++) {
    for (let k = 0; k < size.depth; k++) {
      const x = a.data[a.start + r * a.row + k * a.column]!;
      rows.add(out, start + r * size.n, 1, x, b.data, b.start + k * b.row, b.column, size.n);
    }
  }
}

/** Two-dimensional product of whole row-major matrices: [m, depth] × [depth, n] → [m, n]. */
export function matrixProduct(
  arithmetic: Arithmetic,
  a: Matrix,
  b: Matrix,
  size: { readonly m: number; readonly depth: number; readonly n: number },
): Float64Array {
  const out = new Float64Array(size.m * size.n);
  multiplyInto(arithmetic, a, b, size, out);
  return out;
}

/** The element (r, c) of a product, its terms added to `sum` in the order of {@link multiplyInto}. */
export function productAt(
  arithmetic: Arithmetic,
  a: Matrix,
  b: Matrix,
  r: number,
  c: number,
  depth: number,
  sum = 0,
): number {
  const [from, at] = [a.start + r * a.row, b.start + c * b.column];
  return rowsOf(arithmetic).dot(sum, a.data, from, a.column, b.data, at, b.row, depth);
}

/** The same matrix with its rows as columns. */
export const flip = ({ data, start, row, column }: Matrix): Matrix => ({ data, start, row: column, column: row });
