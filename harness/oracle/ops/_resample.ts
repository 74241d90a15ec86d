import type { Arithmetic } from '../../types/oracle.ts';
import { rowsOf } from './_rows.ts';
import type { Lines } from './_softmax.ts';

/** A linear map along one axis: output o is Σ weight[e]·x[index[e]] over the entries e from start[o] to before start[o + 1]. */
export interface AxisMap {
  readonly inputs: number;
  readonly outputs: number;
  readonly start: Int32Array;
  readonly index: Int32Array;
  readonly weight: Float64Array;
  /** Outputs that lie outside the input, and have no entries: they are given a constant. */
  readonly outside: Uint8Array;
}

/** One output's entries; null where it lies outside. */
export type Entries = readonly { readonly index: number; readonly weight: number }[];

/** Makes the map of the entries of each output. Entries beyond the ends read the first or the last input. */
export function axisMap(inputs: number, outputs: number, entriesOf: (o: number) => Entries | null): AxisMap {
  const start = new Int32Array(outputs + 1);
  const outside = new Uint8Array(outputs);
  const [index, weight]: [number[], number[]] = [[], []];
  for (let o = 0; o < outputs; o++) {
    const entries = entriesOf(o);
    if (!entries) outside[o] = 1;
    for (const entry of entries ?? []) {
      if (entry.weight === 0) continue;
      index.push(Math.min(Math.max(entry.index, 0), inputs - 1));
      weight.push(entry.weight);
    }
    start[o + 1] = index.length;
  }
  return { inputs, outputs, start, index: Int32Array.from(index), weight: Float64Array.from(weight), outside };
}

/** Applies a map along the middle of x [outer, inputs, inner]; `constant` fills what lies outside. */
export function mapAxis(
  x: Float64Array,
  map: AxisMap,
  { outer, inner }: Pick<Lines, 'outer' | 'inner'>,
  constant: number,
  arithmetic: Arithmetic,
): Float64Array {
  const { add } = rowsOf(arithmetic);
  const y = new Float64Array(outer * map.outputs * inner);
  for (let n = 0; n < outer; n++) {
    for (let o = 0; o < map.outputs; o++) {
      const to = (n * map.outputs + o) * inner;
      if (map.outside[o]) y.fill(constant, to, to + inner);
      for (let e = map.start[o]!; e < map.start[o + 1]!; e++) {
        add(y, to, 1, map.weight[e]!, x, (n * map.inputs + map.index[e]!) * inner, 1, inner);
      }
    }
  }
  return y;
}

/** The adjoint of `mapAxis`. */
export function mapAxisBack(
  dy: Float64Array,
  map: AxisMap,
  { outer, inner }: Pick<Lines, 'outer' | 'inner'>,
  arithmetic: Arithmetic,
): Float64Array {
  const { add } = rowsOf(arithmetic);
  const dx = new Float64Array(outer * map.inputs * inner);
  for (let n = 0; n < outer; n++) {
    for (let o = 0; o < map.outputs; o++) {
      const from = (n * map.outputs + o) * inner;
      for (let e = map.start[o]!; e < map.start[o + 1]!; e++) {
        add(dx, (n * map.inputs + map.index[e]!) * inner, 1, map.weight[e]!, dy, from, 1, inner);
      }
    }
  }
  return dx;
}

/** Keys' cubic convolution kernel with parameter a, at a distance of |x| (IEEE TASSP 29, 1981). */
export function cubicWeight(distance: number, a: number, r: Arithmetic['round']): number {
  const x = Math.abs(distance);
  if (x <= 1) return r(r(r(r(r(a + 2) * x) - r(a + 3)) * r(x * x)) + 1);
  if (x >= 2) return 0;
  return r(r(r(r(r(r(r(a * x) - r(5 * a)) * x) + r(8 * a)) * x)) - r(4 * a));
}
