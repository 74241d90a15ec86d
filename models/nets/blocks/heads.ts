import { matmul, matmulBackward } from '../../layers/matmul.ts';
import { rotary, rotaryBackward } from '../../layers/rotary.ts';
import { softmax, softmaxBackward } from '../../layers/softmax.ts';
import { exchange, exchangeBackward } from '../../layers/transpose.ts';
import { type Constant, get, type Layer, type Tensor, zeros } from '../layer.ts';
import { integers } from './embedding.ts';
import { number } from './row-norm.ts';

// Attention step by step, each of them a layer of its own.

const four = ({ shape }: Tensor) => shape as readonly [number, number, number, number];

/** [B, T, heads · S] → [B, heads, T, S] */
export function split(name: string, input: string, heads: number): Layer {
  return {
    name,
    inputs: [input],
    op: [
      { type: 'Reshape', inputs: [input, integers([4], [0, 0, heads, -1])], outputs: ['by heads'] },
      { type: 'Transpose', inputs: ['by heads'], attributes: { perm: [0, 2, 1, 3] } },
    ],
    forward({ input: x }) {
      const [B, T, D] = x.shape as [number, number, number];
      const out = zeros(x);
      exchange(out, x.data, B, T, heads, D / heads);
      return { data: out, shape: [B, heads, T, D / heads] };
    },
    backward({ input: x, gradient }) {
      const [B, T, D] = x.shape as [number, number, number];
      const dx = zeros(x);
      exchangeBackward(dx, gradient, B, T, heads, D / heads);
      return { inputs: [dx] };
    },
  };
}

/** [B, heads, T, S] → [B, T, heads · S] */
export function merge(name: string, input: string): Layer {
  return {
    name,
    inputs: [input],
    op: [
      { type: 'Transpose', inputs: [input], attributes: { perm: [0, 2, 1, 3] }, outputs: ['beside'] },
      { type: 'Reshape', inputs: ['beside', integers([3], [0, 0, -1])] },
    ],
    forward({ input: x }) {
      const [[B, heads, T, S], out] = [four(x), zeros(x)];
      exchange(out, x.data, B, heads, T, S);
      return { data: out, shape: [B, T, heads * S] };
    },
    backward({ input: x, gradient }) {
      const [[B, heads, T, S], dx] = [four(x), zeros(x)];
      exchangeBackward(dx, gradient, B, heads, T, S);
      return { inputs: [dx] };
    },
  };
}

/** The last two axes exchanged: [B, heads, T, S] → [B, heads, S, T] */
export function transposition(name: string, input: string): Layer {
  return {
    name,
    inputs: [input],
    op: { type: 'Transpose', attributes: { perm: [0, 1, 3, 2] } },
    forward({ input: x }) {
      const [[B, heads, T, S], out] = [four(x), zeros(x)];
      exchange(out, x.data, B * heads, T, S, 1);
      return { data: out, shape: [B, heads, S, T] };
    },
    backward({ input: x, gradient }) {
      const [[B, heads, T, S], dx] = [four(x), zeros(x)];
      exchangeBackward(dx, gradient, B * heads, T, S, 1);
      return { inputs: [dx] };
    },
  };
}

/** Products of matrices: [B, heads, I, K] · [B, heads, K, J] */
export function product(name: string, left: string, right: string): Layer {
  return {
    name,
    inputs: [left, right],
    op: { type: 'MatMul' },
    forward({ input: a, inputs }) {
      const b = get(inputs, right);
      const [[B, heads, I, K], J] = [four(a), b.shape[3]!];
      const out = new Float32Array(B * heads * I * J);
      matmul(out, a.data, b.data, B * heads, I, K, J);
      return { data: out, shape: [B, heads, I, J] };
    },
    backward({ input: a, inputs, gradient }) {
      const b = get(inputs, right);
      const [[B, heads, I, K], J] = [four(a), b.shape[3]!];
      const [da, db] = [zeros(a), zeros(b)];
      matmulBackward(da, db, gradient, a.data, b.data, B * heads, I, K, J);
      return { inputs: [da, db] };
    },
  };
}

/** Divided by a constant: scores by the root of how many numbers a head has. */
export function quotient(name: string, input: string, divisor: number): Layer {
  return {
    name,
    inputs: [input],
    op: { type: 'Div', inputs: [input, number(divisor)] },
    forward: ({ input: x }) => ({ data: x.data.map((v) => v / divisor), shape: x.shape }),
    backward: ({ gradient }) => ({ inputs: [gradient.map((d) => d / divisor)] }),
  };
}

/** What stands for a position that is not looked at. */
export const NEVER = -1e9;

/** Scores of later positions are not looked at: [B, heads, T, T]. */
export function causal(name: string, input: string, T: number): Layer {
  const seen: Constant = integers(
    [T, T],
    Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? 0 : 1)),
  );
  const isLater = (at: number) => at % T > Math.floor(at / T) % T;
  return {
    name,
    inputs: [input],
    op: [
      { type: 'Cast', inputs: [seen], attributes: { to: 9 }, outputs: ['seen'] },
      { type: 'Where', inputs: ['seen', input, number(NEVER)] },
    ],
    forward: ({ input: x }) => ({ data: x.data.map((v, at) => (isLater(at) ? NEVER : v)), shape: x.shape }),
    backward: ({ gradient }) => ({ inputs: [gradient.map((d, at) => (isLater(at) ? 0 : d))] }),
  };
}

/** Over the last axis. */
export function softmaxLayer(name: string, input: string): Layer {
  return {
    name,
    inputs: [input],
    op: { type: 'Softmax', attributes: { axis: -1 } },
    forward({ input: x }) {
      const [out, C] = [zeros(x), x.shape[x.shape.length - 1]!];
      softmax(out, x.data, out.length / C, C);
      return { data: out, shape: x.shape };
    },
    backward({ input: x, output, gradient }) {
      const [dx, C] = [zeros(x), x.shape[x.shape.length - 1]!];
      softmaxBackward(dx, gradient, output.data, dx.length / C, C);
      return { inputs: [dx] };
    },
  };
}

/** How fast the slowest pair turns. */
export const BASE = 100;

/** Rotary positions in halves: [B, heads, T, S] */
export function rotation(name: string, input: string, T: number, S: number): Layer {
  const half = S / 2;
  const table = (wave: (x: number) => number): Constant => ({
    dtype: 'float32',
    shape: [T, S],
    data: Float32Array.from({ length: T * S }, (_, i) => wave(Math.floor(i / S) * BASE ** (-(i % half) / half))),
  });
  // S is even: element i of a row and element i + half turn together.
  return {
    name,
    inputs: [input],
    op: [
      { type: 'Mul', inputs: [input, table(Math.cos)], outputs: ['along'] },
      { type: 'Split', inputs: [input], attributes: { axis: -1, num_outputs: 2 }, outputs: ['first', 'second'] },
      { type: 'Neg', inputs: ['second'], outputs: ['less the second'] },
      { type: 'Concat', inputs: ['less the second', 'first'], attributes: { axis: -1 }, outputs: ['turned'] },
      { type: 'Mul', inputs: ['turned', table(Math.sin)], outputs: ['across'] },
      { type: 'Add', inputs: ['along', 'across'] },
    ],
    forward({ input: x }) {
      const [[B, heads, T, S], out] = [four(x), zeros(x)];
      rotary(out, x.data, BASE, B * heads, T, S);
      return { data: out, shape: x.shape };
    },
    backward({ input: x, gradient }) {
      const [[B, heads, T, S], dx] = [four(x), zeros(x)];
      rotaryBackward(dx, gradient, BASE, B * heads, T, S);
      return { inputs: [dx] };
    },
  };
}
