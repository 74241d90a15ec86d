import { broadcast, grouped, offsets, sizeOf } from './shapes.ts';

export { sizeOf } from './shapes.ts';

/** In which order a sum is taken; each is what some correct implementation does. */
export type Order = 'sequential' | 'reverse' | 'pairwise' | 'blocked';
export const ORDERS: readonly Order[] = ['sequential', 'reverse', 'pairwise', 'blocked'];

/** A tensor on the tape: its numbers, the gradient that has arrived so far, and how it hands that on. */
export interface Var {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly grad: Float64Array;
}

/** Rounding of every operation, and order of every sum. */
export interface Manner {
  readonly order: Order;
  readonly round: (x: number) => number;
}

type Sum = (n: number, term: (i: number) => number) => number;

/** How many accumulators a blocked sum has: the width of a vector register. */
const LANES = 8;

function summer({ order, round: f }: Manner): Sum {
  const range = (from: number, to: number, step: number, term: (i: number) => number): number => {
    let s = 0;
    for (let i = from; i < to; i += step) s = f(s + term(i));
    return s;
  };
  const halves = (from: number, to: number, term: (i: number) => number): number => {
    if (to - from <= 2) return range(from, to, 1, term);
    const middle = (from + to) >> 1;
    return f(halves(from, middle, term) + halves(middle, to, term));
  };
  switch (order) {
    case 'sequential':
      return (n, term) => range(0, n, 1, term);
    case 'reverse':
      return (n, term) => range(0, n, 1, (i) => term(n - 1 - i));
    case 'pairwise':
      return (n, term) => halves(0, n, term);
    case 'blocked':
      return (n, term) => range(0, Math.min(LANES, n), 1, (lane) => range(lane, n, LANES, term));
  }
}

/**
 * Reverse-mode differentiation by hand in a few primitives, rounding after every operation: a second family of correct
 * implementations, which shares no line with the oracle, the adapters or ONNX Runtime.
 */
export class Tape {
  readonly #back: (() => void)[] = [];
  readonly #sum: Sum;
  readonly f: (x: number) => number;

  constructor(manner: Manner) {
    this.#sum = summer(manner);
    this.f = manner.round;
  }

  variable(shape: readonly number[], data: ArrayLike<number>): Var {
    const held = Float64Array.from(data);
    return { shape, data: held, grad: new Float64Array(held.length) };
  }

  constant(x: number): Var {
    return this.variable([], [this.f(x)]);
  }

  /** y = g(x), element by element; `slope(x, y)` is its derivative. */
  unary(x: Var, g: (x: number) => number, slope: (x: number, y: number) => number): Var {
    const y = this.variable(
      x.shape,
      x.data.map((v) => this.f(g(v))),
    );
    this.#back.push(() => this.#add(x, (i) => this.f(this.f(slope(x.data[i]!, y.data[i]!)) * y.grad[i]!)));
    return y;
  }

  add = (a: Var, b: Var): Var =>
    this.#binary(
      a,
      b,
      (p, q) => p + q,
      () => 1,
      () => 1,
    );
  sub = (a: Var, b: Var): Var =>
    this.#binary(
      a,
      b,
      (p, q) => p - q,
      () => 1,
      () => -1,
    );
  mul = (a: Var, b: Var): Var =>
    this.#binary(
      a,
      b,
      (p, q) => p * q,
      (_, q) => q,
      (p) => p,
    );
  div = (a: Var, b: Var): Var =>
    this.#binary(
      a,
      b,
      (p, q) => p / q,
      (_, q) => this.f(1 / q),
      (p, q) => this.f(-this.f(p / q) / q),
    );

  /** y[i] = x[indices[i]], 0 where the index is negative: reshape, transpose, slice, pad, im2col, look-up, maximum. */
  take(x: Var, shape: readonly number[], indices: readonly number[]): Var {
    const y = this.variable(
      shape,
      indices.map((i) => (i < 0 ? 0 : x.data[i]!)),
    );
    this.#back.push(() => {
      const readers: number[][] = [];
      indices.forEach((from, i) => {
        if (from >= 0) (readers[from] ??= []).push(i);
      });
      this.#add(x, (i) => this.#sum(readers[i]?.length ?? 0, (k) => y.grad[readers[i]![k]!]!));
    });
    return y;
  }

  reshape = (x: Var, shape: readonly number[]): Var => this.take(x, shape, [...x.data.keys()]);

  concat(parts: readonly Var[]): Var {
    const y = this.variable(
      [parts.reduce((n, p) => n + p.data.length, 0)],
      parts.flatMap((p) => [...p.data]),
    );
    this.#back.push(() => {
      let start = 0;
      for (const part of parts) {
        const at = start;
        this.#add(part, (i) => y.grad[at + i]!);
        start += part.data.length;
      }
    });
    return y;
  }

  /** [m, k] × [k, n]. */
  matmul(a: Var, b: Var): Var {
    const [m, k] = a.shape as [number, number];
    const n = b.shape[1]!;
    const { f } = this;
    const product = (
      rows: number,
      columns: number,
      depth: number,
      p: (r: number, d: number) => number,
      q: (d: number, c: number) => number,
    ) =>
      Float64Array.from({ length: rows * columns }, (_, i) => {
        const [r, c] = [Math.floor(i / columns), i % columns];
        return this.#sum(depth, (d) => f(p(r, d) * q(d, c)));
      });
    const A = (r: number, d: number): number => a.data[r * k + d]!;
    const B = (d: number, c: number): number => b.data[d * n + c]!;
    const y = this.variable([m, n], product(m, n, k, A, B));
    const G = (r: number, c: number): number => y.grad[r * n + c]!;
    this.#back.push(() => {
      const da = product(m, k, n, G, (c, d) => B(d, c));
      const db = product(k, n, m, (d, r) => A(r, d), G);
      this.#add(a, (i) => da[i]!);
      this.#add(b, (i) => db[i]!);
    });
    return y;
  }

  /** Sum over the last `count` axes; they stay with size 1. */
  sumLast(x: Var, count: number): Var {
    const kept = x.shape.slice(0, x.shape.length - count);
    const inner = sizeOf(x.shape.slice(x.shape.length - count));
    const rows = Array.from({ length: sizeOf(kept) }, (_, r) => this.#sum(inner, (i) => x.data[r * inner + i]!));
    const y = this.variable([...kept, ...Array.from({ length: count }, () => 1)], rows);
    this.#back.push(() => this.#add(x, (i) => y.grad[Math.floor(i / inner)]!));
    return y;
  }

  /** Walks back from y, given its gradient. */
  backward(y: Var, cotangent: ArrayLike<number>): void {
    y.grad.set(cotangent);
    for (const step of this.#back.toReversed()) step();
  }

  #add(x: Var, part: (i: number) => number): void {
    for (let i = 0; i < x.grad.length; i++) x.grad[i] = this.f(x.grad[i]! + part(i));
  }

  #binary(
    a: Var,
    b: Var,
    g: (p: number, q: number) => number,
    da: (p: number, q: number) => number,
    db: (p: number, q: number) => number,
  ): Var {
    const shape = broadcast(a.shape, b.shape);
    const [ai, bi] = [offsets(a.shape, shape), offsets(b.shape, shape)];
    const y = this.variable(
      shape,
      Float64Array.from(ai, (p, i) => this.f(g(a.data[p]!, b.data[bi[i]!]!))),
    );
    const side = (x: Var, index: readonly number[], slope: typeof da) => {
      const readers: number[][] =
        x.shape.length === 0 && x.data.length === 1
          ? [[...index.keys()]]
          : x.data.length === index.length
            ? [...index.keys()].map((i) => [i])
            : grouped(index, x.data.length);
      this.#add(x, (i) =>
        this.#sum(readers[i]!.length, (k) => {
          const at = readers[i]![k]!;
          return this.f(this.f(slope(a.data[ai[at]!]!, b.data[bi[at]!]!)) * y.grad[at]!);
        }),
      );
    };
    this.#back.push(() => {
      side(a, ai, da);
      side(b, bi, db);
    });
    return y;
  }
}
