import { sizeOf, type Tape, type Var } from './tape.ts';

/** A layer written by hand on the tape: its inputs in the order of the model's. */
export type Written = (t: Tape, ...inputs: Var[]) => Var;

export const matmul: Written = (t, a, b) => t.matmul(a, b);

/** x·Wᵀ + b. x: [batch, in], w: [out, in], b: [out] */
export const linear: Written = (t, x, w, b) => t.add(t.matmul(x, transposed(t, w)), b);

export function transposed(t: Tape, w: Var): Var {
  const [rows, columns] = w.shape as [number, number];
  return t.take(
    w,
    [columns, rows],
    Array.from(w.data, (_, i) => (i % rows) * columns + Math.floor(i / rows)),
  );
}

/** Cross-correlation as a product with unfolded patches, group by group. x: [batch, channel, row, column], w: [out, in / groups, row, column] */
export const conv =
  (stride: number, pad: number, groups = 1): Written =>
  (t, x, w, b) => {
    const [B, C, H, W] = x.shape as [number, number, number, number];
    const [O, D, K, L] = w.shape as [number, number, number, number];
    const P = Math.floor((H + 2 * pad - K) / stride) + 1;
    const Q = Math.floor((W + 2 * pad - L) / stride) + 1;
    const parts = Array.from({ length: groups }, (_, g) => {
      const patches = indices([B, P, Q, D, K, L], (n, p, q, d, k, l) => {
        const [h, v] = [p * stride + k - pad, q * stride + l - pad];
        return h < 0 || h >= H || v < 0 || v >= W ? -1 : ((n * C + g * D + d) * H + h) * W + v;
      });
      const kernel = indices([D * K * L, O / groups], (d, o) => (g * (O / groups) + o) * D * K * L + d);
      return t.matmul(t.take(x, [B * P * Q, D * K * L], patches), t.take(w, [D * K * L, O / groups], kernel));
    });
    const per = O / groups;
    const order = indices([B, O, P, Q], (n, o, p, q) => {
      const row = (n * P + p) * Q + q;
      return Math.floor(o / per) * B * P * Q * per + row * per + (o % per);
    });
    const y = t.take(t.concat(parts), [B, O, P, Q], order);
    return b === undefined ? y : t.add(y, t.reshape(b, [O, 1, 1]));
  };

/** Every index of the shape, last axis fastest, to an offset. */
export function indices(shape: readonly number[], at: (...index: number[]) => number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    const index: number[] = [];
    let rest = i;
    for (const size of shape.toReversed()) {
      index.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return at(...index);
  });
}

/** (x − mean) / √(variance + epsilon) over the last `count` axes, in two passes. */
function standardised(t: Tape, x: Var, count: number, epsilon: number): Var {
  const n = t.constant(sizeOf(x.shape.slice(x.shape.length - count)));
  const centred = t.sub(x, t.div(t.sumLast(x, count), n));
  const variance = t.div(t.sumLast(t.mul(centred, centred), count), n);
  return t.div(centred, root(t, t.add(variance, t.constant(epsilon))));
}

const root = (t: Tape, x: Var): Var => t.unary(x, Math.sqrt, (_, y) => 0.5 / y);

export const layerNorm =
  (epsilon: number): Written =>
  (t, x, scale, bias) =>
    t.add(t.mul(standardised(t, x, 1, epsilon), scale!), bias!);

export const rmsNorm =
  (epsilon: number): Written =>
  (t, x, scale) => {
    const squares = t.div(t.sumLast(t.mul(x, x), 1), t.constant(x.shape.at(-1)!));
    return t.mul(t.div(x, root(t, t.add(squares, t.constant(epsilon)))), scale!);
  };

const perChannel = (t: Tape, v: Var): Var => t.reshape(v, [v.data.length, 1, 1]);

/** Instance normalisation is group normalisation with a group a channel. x: [batch, channel, row, column] */
export const groupNorm =
  (epsilon: number, groups: number | null = null): Written =>
  (t, x, scale, bias) => {
    const [B, C] = x.shape as [number, number];
    const folded = t.reshape(x, [B, groups ?? C, x.data.length / B / (groups ?? C)]);
    const y = t.reshape(standardised(t, folded, 1, epsilon), x.shape);
    return t.add(t.mul(y, perChannel(t, scale!)), perChannel(t, bias!));
  };

/** With running statistics. */
export const batchNorm =
  (epsilon: number): Written =>
  (t, x, scale, bias, mean, variance) => {
    const rstd = t.div(t.constant(1), root(t, t.add(perChannel(t, variance!), t.constant(epsilon))));
    const centred = t.mul(t.sub(x, perChannel(t, mean!)), rstd);
    return t.add(t.mul(centred, perChannel(t, scale!)), perChannel(t, bias!));
  };

/** Rows of the last axis less their maximum, so that no exponential overflows; the maximum is a constant of the derivative. */
function belowMaximum(t: Tape, x: Var): Var {
  const n = x.shape.at(-1)!;
  const rows = Array.from({ length: x.data.length / n }, (_, r) => Math.max(...x.data.slice(r * n, (r + 1) * n)));
  return t.sub(x, t.variable([...x.shape.slice(0, -1), 1], rows));
}

export const exp = (t: Tape, x: Var): Var => t.unary(x, Math.exp, (_, y) => y);
export const log = (t: Tape, x: Var): Var => t.unary(x, Math.log, (v) => 1 / v);

export const softmax: Written = (t, x) => {
  const e = exp(t, belowMaximum(t, x));
  return t.div(e, t.sumLast(e, 1));
};

export const logSoftmax: Written = (t, x) => {
  const z = belowMaximum(t, x);
  return t.sub(z, log(t, t.sumLast(exp(t, z), 1)));
};

export const sum: Written = (t, x) => t.sumLast(x, x.shape.length);
export const mean: Written = (t, x) => t.div(sum(t, x), t.constant(x.data.length));
export const norm: Written = (t, x) => root(t, sum(t, t.mul(x, x)));
export const meanSquare: Written = (t, x, y) => {
  const d = t.sub(x, y!);
  return t.reshape(mean(t, t.mul(d, d)), []);
};

/** Mean of −log softmax at the labels. */
export const crossEntropy =
  (labels: readonly number[]): Written =>
  (t, x) => {
    const C = x.shape[1]!;
    const picked = t.take(
      logSoftmax(t, x),
      [labels.length],
      labels.map((label, row) => row * C + label),
    );
    return t.reshape(t.sub(t.constant(0), mean(t, picked)), []);
  };

/** log(1 + eˣ) as max(x, 0) + log1p(e^−|x|), minus x·y, averaged. */
export const binaryCrossEntropy: Written = (t, x, y) => t.reshape(mean(t, t.sub(softplus(t, x), t.mul(x, y!))), []);

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
export const softplus: Written = (t, x) =>
  t.unary(x, (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))), logistic);

/** In steps of the arithmetic, as loops have it. */
export const sigmoid: Written = (t, x) =>
  t.unary(
    x,
    (v) => 1 / t.f(1 + t.f(Math.exp(-v))),
    (_, y) => y * t.f(1 - y),
  );
export const tanh: Written = (t, x) => t.unary(x, Math.tanh, (_, y) => 1 - t.f(y * y));

/** 2/√π · e^(−x²) · Σ 2ⁿx²ⁿ⁺¹/(1·3·…·(2n+1)), all of one sign. */
function erfOf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}
const bell = (x: number): number => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
export const erf: Written = (t, x) => t.unary(x, erfOf, bell);

/** x · ½(1 + erf(x/√2)). */
export const gelu: Written = (t, x) => {
  const inner = erf(t, t.mul(x, t.constant(Math.SQRT1_2)));
  return t.mul(t.mul(x, t.constant(0.5)), t.add(inner, t.constant(1)));
};

/** Any activation given by its value and slope. */
export const pointwise =
  (g: (x: number) => number, slope: (x: number, y: number) => number): Written =>
  (t, x) =>
    t.unary(x, g, slope);

export const averagePool =
  (size: number): Written =>
  (t, x) => {
    const [B, C, H, W] = x.shape as [number, number, number, number];
    const [P, Q] = [Math.floor(H / size), Math.floor(W / size)];
    const windows = indices(
      [B, C, P, Q, size, size],
      (n, c, p, q, k, l) => ((n * C + c) * H + p * size + k) * W + q * size + l,
    );
    const total = t.sumLast(t.take(x, [B, C, P, Q, size * size], windows), 1);
    return t.reshape(t.div(total, t.constant(size * size)), [B, C, P, Q]);
  };

export const globalAverage: Written = (t, x) => t.div(t.sumLast(x, 2), t.constant(x.shape[2]! * x.shape[3]!));

/** Rows of a table; a row looked up twice gets both gradients. */
export const lookUp =
  (rows: readonly number[]): Written =>
  (t, table) => {
    const width = table.shape[1]!;
    return t.take(
      table,
      [rows.length, width],
      rows.flatMap((row) => Array.from({ length: width }, (_, i) => row * width + i)),
    );
  };
