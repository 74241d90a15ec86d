import { GraphBuilder } from '../../adapters/onnx/build.ts';
import type { Attribute } from '../../harness/types/graph.ts';
import { normal, type Pass, passOf, seedIn, valueIn } from './backward-scene.ts';

const int = (value: number): Attribute => ({ kind: 'int', value });
const text = (value: string): Attribute => ({ kind: 'string', value });
/** Steps, batch, inputs and units. */
export const [T, B, I, H] = [5, 3, 2, 4];

/** A recurrent layer with peepholes (LSTM) whose input is the value of another layer. */
export function passThrough(op: 'LSTM' | 'GRU', direction = 'forward', late = 0): Pass {
  const [gates, D] = [op === 'LSTM' ? 4 : 3, direction === 'bidirectional' ? 2 : 1];
  const g = new GraphBuilder(op, 21);
  const h = g.node('Identity', [g.input('x', 'float32', [T, B, I])], {}, { outputNames: ['h'] });
  const inputs = [
    h,
    g.initializer('w', normal([D, gates * H, I], 2, 0.8)),
    g.initializer('r', normal([D, gates * H, H], 3, 0.8)),
    g.initializer('b', normal([D, 2 * gates * H], 4, 0.5)),
    ...(op === 'LSTM' ? ['', '', '', g.initializer('p', normal([D, 3 * H], 5, 0.7))] : []),
  ];
  const attributes = {
    hidden_size: int(H),
    direction: text(direction),
    ...(late ? { linear_before_reset: int(1) } : {}),
  };
  g.output(g.node(op, inputs, attributes, { outputNames: ['y'] }));
  return passOf(g.graph(), { x: normal([T, B, I], 1) }, ['y']);
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const zeros = (n: number): number[] => Array.from({ length: n }, () => 0);

/** Where a hand-written way back may differ. Slopes get the argument and the value. */
export interface LstmBug {
  i?: (a: number, y: number) => number;
  o?: (a: number, y: number) => number;
  f?: (a: number, y: number) => number;
  g?: (a: number, y: number) => number;
  state?: (a: number, y: number) => number;
  forgetReads?: 'new';
  carry?: (f: number) => number;
  cut?: true;
  peep?: 0;
  toX?: (gate: number) => boolean;
}

const ds = (_: number, y: number): number => y * (1 - y);
const dt = (_: number, y: number): number => 1 - y * y;

/** An LSTM with peepholes by hand: what goes back to its input, and to W, R, B and P. */
export function lstmByHand(pass: Pass, bug: LstmBug) {
  const [x, W, R, b, P, dy] = [...['x', 'w', 'r', 'b', 'p'].map((name) => valueIn(pass, name)), seedIn(pass, 'y')] as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [dx, dw, dr, db, dp] = [zeros(x.length), zeros(W.length), zeros(R.length), zeros(b.length), zeros(P.length)];
  for (let n = 0; n < B; n++) {
    let [h, c] = [zeros(H), zeros(H)];
    const tape = Array.from({ length: T }, (_, t) => {
      const [h0, c0] = [h, c];
      const a = Array.from({ length: 4 * H }, (_, k) => {
        let s = b[k]! + b[4 * H + k]!;
        for (let j = 0; j < I; j++) s += W[k * I + j]! * x[(t * B + n) * I + j]!;
        for (let j = 0; j < H; j++) s += R[k * H + j]! * h0[j]!;
        return s;
      });
      for (let j = 0; j < H; j++) {
        a[j]! += P[j]! * c0[j]!;
        a[2 * H + j]! += P[2 * H + j]! * c0[j]!;
      }
      c = c0.map((v, j) => sigmoid(a[2 * H + j]!) * v + sigmoid(a[j]!) * Math.tanh(a[3 * H + j]!));
      for (let j = 0; j < H; j++) a[H + j]! += P[H + j]! * c[j]!;
      h = c.map((v, j) => sigmoid(a[H + j]!) * Math.tanh(v));
      return { a, h0, c0, c };
    });
    let [dh, dc] = [zeros(H), zeros(H)];
    for (let t = T - 1; t >= 0; t--) {
      const { a, h0, c0, c: c1 } = tape[t]!;
      const da = zeros(4 * H);
      const before = zeros(H);
      for (let j = 0; j < H; j++) {
        const [ai, ao, af, ag] = [a[j]!, a[H + j]!, a[2 * H + j]!, a[3 * H + j]!];
        const [i, o, f, g, s] = [sigmoid(ai), sigmoid(ao), sigmoid(af), Math.tanh(ag), Math.tanh(c1[j]!)];
        const d = dh[j]! + dy[(t * B + n) * H + j]!;
        da[H + j] = d * s * (bug.o ?? ds)(ao, o);
        const through = bug.peep ?? 1;
        const total = dc[j]! + d * o * (bug.state ?? dt)(c1[j]!, s) + through * P[H + j]! * da[H + j]!;
        da[j] = total * g * (bug.i ?? ds)(ai, i);
        da[2 * H + j] = total * (bug.forgetReads === 'new' ? c1[j]! : c0[j]!) * (bug.f ?? ds)(af, f);
        da[3 * H + j] = total * i * (bug.g ?? dt)(ag, g);
        before[j] = total * (bug.carry?.(f) ?? f) + through * (P[j]! * da[j]! + P[2 * H + j]! * da[2 * H + j]!);
        dp[j]! += da[j]! * c0[j]!;
        dp[H + j]! += da[H + j]! * c1[j]!;
        dp[2 * H + j]! += da[2 * H + j]! * c0[j]!;
      }
      dc = bug.cut ? zeros(H) : before;
      dh = zeros(H);
      da.forEach((v, k) => {
        db[k]! += v;
        db[4 * H + k]! += v;
        for (let j = 0; j < I; j++) {
          if (bug.toX?.(Math.floor(k / H)) !== false) dx[(t * B + n) * I + j]! += v * W[k * I + j]!;
          dw[k * I + j]! += v * x[(t * B + n) * I + j]!;
        }
        for (let j = 0; j < H; j++) {
          dh[j]! += v * R[k * H + j]!;
          dr[k * H + j]! += v * h0[j]!;
        }
      });
    }
  }
  return { dx, dw, dr, db, dp };
}

/** The same for a GRU: what the state keeps, z's sign, the candidate's derivative, the reset gate. */
export interface GruBug {
  keep?: 0;
  z?: -1;
  n?: () => number;
  reset?: 1;
}

/** What goes back to x of a GRU (reset before the product, or after it), by hand. */
export function gruByHand(pass: Pass, late: boolean, bug: GruBug) {
  const [x, W, R, b, dy] = [...['x', 'w', 'r', 'b'].map((name) => valueIn(pass, name)), seedIn(pass, 'y')] as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const dx = zeros(x.length);
  const times = (m: Float64Array, gate: number, v: ArrayLike<number>, width: number, bias: number) =>
    Array.from({ length: H }, (_, j) => {
      let s = b[bias + gate * H + j]!;
      for (let k = 0; k < width; k++) s += m[(gate * H + j) * width + k]! * v[k]!;
      return s;
    });
  for (let n = 0; n < B; n++) {
    let h = zeros(H);
    const tape = Array.from({ length: T }, (_, t) => {
      const [h0, xt] = [h, x.subarray((t * B + n) * I, (t * B + n + 1) * I)];
      const gate = (g: number, v: number[]) => times(R, g, v, H, 3 * H);
      const [z, r] = [0, 1].map((g) => times(W, g, xt, I, 0).map((a, j) => sigmoid(a + gate(g, h0)[j]!))) as [
        number[],
        number[],
      ];
      const product = late
        ? gate(2, h0)
        : gate(
            2,
            h0.map((v, j) => v * r[j]!),
          );
      const c = times(W, 2, xt, I, 0).map((a, j) => Math.tanh(a + (late ? r[j]! : 1) * product[j]!));
      h = c.map((v, j) => (1 - z[j]!) * v + z[j]! * h0[j]!);
      return { h0, z, r, c, product };
    });
    let carried = zeros(H);
    for (let t = T - 1; t >= 0; t--) {
      const { h0, z, r, c, product } = tape[t]!;
      const d = carried.map((v, j) => v + dy[(t * B + n) * H + j]!);
      const back = (m: Float64Array, g: number, v: number[], k: number, width: number) =>
        v.reduce((s, e, j) => s + e * m[(g * H + j) * width + k]!, 0);
      const dn = d.map((v, j) => v * (1 - z[j]!) * (bug.n?.() ?? 1 - c[j]! ** 2));
      const dz = d.map((v, j) => v * (bug.z ?? 1) * (h0[j]! - c[j]!) * z[j]! * (1 - z[j]!));
      const into = late ? dn.map((v, j) => v * (bug.reset ?? r[j]!)) : dn;
      const operand = zeros(H).map((_, k) => back(R, 2, into, k, H));
      const dr = r.map((v, j) => (late ? dn[j]! * product[j]! : operand[j]! * h0[j]!) * v * (1 - v));
      carried = d.map((v, k) => {
        const candidate = late ? operand[k]! : operand[k]! * (bug.reset ?? r[k]!);
        return v * (bug.keep ?? z[k]!) + candidate + back(R, 0, dz, k, H) + back(R, 1, dr, k, H);
      });
      for (let k = 0; k < I; k++)
        dx[(t * B + n) * I + k] = [dz, dr, dn].reduce((s, v, g) => s + back(W, g, v, k, I), 0);
    }
  }
  return dx;
}
