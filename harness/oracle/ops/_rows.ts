import type { Arithmetic } from '../../types/oracle.ts';

/**
 * The two inner loops that almost all time goes into, each written once an arithmetic: a rounding function that is not
 * known where the loop is compiled would cost ten times the loop itself.
 */
export interface Rows {
  /** out[to + i·outStep] += weight · x[at + i·step] for i < count. */
  add(
    out: Float64Array,
    to: number,
    outStep: number,
    weight: number,
    x: Float64Array,
    at: number,
    step: number,
    count: number,
  ): void;
  /** sum + Σ_i a[from + i·aStep] · b[at + i·bStep], in order. */
  dot(
    sum: number,
    a: Float64Array,
    from: number,
    aStep: number,
    b: Float64Array,
    at: number,
    bStep: number,
    count: number,
  ): number;
}

/** The inner loops of an arithmetic. */
export function rowsOf({ name, round }: Arithmetic): Rows {
  if (round === fround) return rows32;
  return name === 'float64' ? rows64 : rowsRounded(round);
}

const { fround } = Math;

const rows64: Rows = {
  add(out, to, outStep, weight, x, at, step, count) {
    for (let i = 0; i < count; i++) out[to + i * outStep] = out[to + i * outStep]! + weight * x[at + i * step]!;
  },
  dot(sum, a, from, aStep, b, at, bStep, count) {
    let total = sum;
    for (let i = 0; i < count; i++) total += a[from + i * aStep]! * b[at + i * bStep]!;
    return total;
  },
};

const rows32: Rows = {
  add(out, to, outStep, weight, x, at, step, count) {
    for (let i = 0; i < count; i++) {
      out[to + i * outStep] = fround(out[to + i * outStep]! + fround(weight * x[at + i * step]!));
    }
  },
  dot(sum, a, from, aStep, b, at, bStep, count) {
    let total = sum;
    for (let i = 0; i < count; i++) total = fround(total + fround(a[from + i * aStep]! * b[at + i * bStep]!));
    return total;
  },
};

/** For any other rounding (a random one). */
const rowsRounded = (round: (x: number) => number): Rows => ({
  add(out, to, outStep, weight, x, at, step, count) {
    for (let i = 0; i < count; i++) {
      out[to + i * outStep] = round(out[to + i * outStep]! + round(weight * x[at + i * step]!));
    }
  },
  dot(sum, a, from, aStep, b, at, bStep, count) {
    let total = sum;
    for (let i = 0; i < count; i++) total = round(total + round(a[from + i * aStep]! * b[at + i * bStep]!));
    return total;
  },
});
