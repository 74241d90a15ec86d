import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import type { Attribute, Attributes } from '../../../harness/types/graph.ts';
import { blame, normal, type Pass, passOf, rightGradient, seedIn, valueIn } from '../../support/backward-scene.ts';

const int = (value: number): Attribute => ({ kind: 'int', value });
const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });

/** rows [7] of 5 numbers through a weight [5, n], or [n, 5] with transB. */
function dense(n: number, transB: boolean): Pass {
  const g = new GraphBuilder('dense', 17);
  const x = g.node('Identity', [g.input('x', 'float32', [7, 5])], {}, { outputNames: ['h'] });
  const w = g.initializer('w', normal(transB ? [n, 5] : [5, n], 3));
  const b = g.initializer('b', normal([n], 5));
  g.output(g.node('Gemm', [x, w, b], transB ? { transB: int(1) } : {}, { outputNames: ['y'] }));
  return passOf(g.graph(), { x: normal([7, 5], 2) }, ['y']);
}

/** [3, 7, 5] through MatMul [5, 11] and Add [11]. */
function sequence(): Pass {
  const g = new GraphBuilder('sequence', 17);
  const x = g.node('Identity', [g.input('x', 'float32', [3, 7, 5])], {}, { outputNames: ['h'] });
  const m = g.node('MatMul', [x, g.initializer('w', normal([5, 11], 3))], {}, { outputNames: ['m'] });
  g.output(g.node('Add', [m, g.initializer('b', normal([11], 5))], {}, { outputNames: ['y'] }));
  const pass = passOf(g.graph(), { x: normal([3, 7, 5], 2) }, ['y', 'm']);
  return pass;
}

const grid = (size: number, f: (i: number) => number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => f(i));
const sum = (count: number, f: (k: number) => number): number => {
  let total = 0;
  for (let k = 0; k < count; k++) total += f(k);
  return total;
};

describe('a dense layer on the way back', () => {
  it('used its square weight as in the forward pass', () => {
    for (const transB of [false, true]) {
      const pass = dense(5, transB);
      const [w, d] = [valueIn(pass, 'w'), seedIn(pass, 'y')];
      const wrong = grid(35, (i) =>
        sum(5, (n) => d[Math.floor(i / 5) * 5 + n]! * (transB ? w[(i % 5) * 5 + n]! : w[n * 5 + (i % 5)]!)),
      );
      expect(blame(pass, 'h', wrong, [7, 5]).cause?.id).toBe('gradient.weight-not-transposed');
    }
  });

  it('read its oblong weight with the strides of the other layout', () => {
    for (const transB of [false, true]) {
      const pass = dense(3, transB);
      const [w, d] = [valueIn(pass, 'w'), seedIn(pass, 'y')];
      const wrong = grid(35, (i) =>
        sum(3, (n) => d[Math.floor(i / 5) * 3 + n]! * (transB ? w[(i % 5) * 3 + n]! : w[n * 5 + (i % 5)]!)),
      );
      expect(blame(pass, 'h', wrong, [7, 5]).cause?.id).toBe('gradient.weight-not-transposed');
    }
  });

  it('wrote its weight gradient transposed', () => {
    for (const n of [5, 3]) {
      for (const transB of [false, true]) {
        const pass = dense(n, transB);
        const [x, d] = [valueIn(pass, 'x'), seedIn(pass, 'y')];
        // Right: [5, n] (or [n, 5]); wrong: the other one, in the same memory.
        const at = (k: number, m: number): number => sum(7, (r) => x[r * 5 + k]! * d[r * n + m]!);
        const wrong = grid(5 * n, (i) => (transB ? at(Math.floor(i / n), i % n) : at(i % 5, Math.floor(i / 5))));
        expect(blame(pass, 'w', wrong, transB ? [n, 5] : [5, n]).cause?.id).toBe('gradient.transposed');
      }
    }
  });

  it('kept the last example only', () => {
    const pass = dense(3, false);
    const [x, d] = [valueIn(pass, 'x'), seedIn(pass, 'y')];
    const wrong = grid(15, (i) => x[30 + Math.floor(i / 3)]! * d[18 + (i % 3)]!);
    expect(blame(pass, 'w', wrong, [5, 3]).cause?.id).toBe('gradient.last-example-only');
    expect(blame(pass, 'b', d.slice(18), [3]).cause?.id).toBe('gradient.last-example-only');
  });

  it('divided by the batch once too often, or had the other sign', () => {
    const pass = dense(3, false);
    const right = rightGradient(pass, 'w');
    expect(
      blame(
        pass,
        'w',
        right.map((x) => Math.fround(x / 7)),
        [5, 3],
      ).cause?.id,
    ).toBe('gradient.batch-factor');
    expect(
      blame(
        pass,
        'w',
        right.map((x) => -x),
        [5, 3],
      ).cause?.id,
    ).toBe('sign.flipped');
    expect(
      blame(
        pass,
        'w',
        right.map((x) => Math.fround(x * 4)),
        [5, 3],
      ).cause?.id,
    ).toBe('gradient.accumulated');
  });

  it('is right, or nothing that has a name', () => {
    const pass = dense(3, true);
    expect(blame(pass, 'h', rightGradient(pass, 'h'), [7, 5]).cause).toBeNull();
    expect(blame(pass, 'w', normal([3, 5], 99).data as Float32Array, [3, 5]).cause).toBeNull();
  });
});

describe('a bias on the way back', () => {
  const pass = sequence();
  const d = seedIn(pass, 'y');
  const of = (f: (c: number) => number): Float32Array => grid(11, f);

  it.each([
    ['averaged over rows and positions', of((c) => sum(21, (r) => d[r * 11 + c]!) / 21), 'gradient.bias-axis'],
    ['of the last example', of((c) => sum(7, (t) => d[(14 + t) * 11 + c]!)), 'gradient.last-example-only'],
    ['at the first position', of((c) => sum(3, (b) => d[b * 77 + c]!)), 'gradient.bias-axis'],
    ['summed over runs of memory', of((c) => sum(21, (r) => d[c * 21 + r]!)), 'gradient.bias-axis'],
  ] as const)('is %s', (_what, wrong, cause) => {
    expect(blame(pass, 'b', wrong, [11]).cause?.id).toBe(cause);
  });
});

/** x [3, 4, 9, 8] through a convolution (6 features, 3×2) with these attributes. */
function conv(attributes: Attributes, op = 'Conv', channels = 4): Pass {
  const g = new GraphBuilder('conv', 17);
  const x = g.node('Identity', [g.input('x', 'float32', [3, 4, 9, 8])], {}, { outputNames: ['h'] });
  const w = g.initializer('w', normal(op === 'Conv' ? [6, channels, 3, 2] : [4, 6, 3, 2], 3));
  g.output(g.node(op, [x, w, g.initializer('b', normal([6], 6))], attributes, { outputNames: ['y'] }));
  return passOf(g.graph(), { x: normal([3, 4, 9, 8], 2) }, ['y']);
}

interface Wrong {
  readonly stride?: number;
  readonly dilation?: number;
  readonly pad?: number;
  readonly flip?: boolean;
  readonly examples?: readonly number[];
}

/** dx and dw of a plain loop over outputs, with what the bug makes of its constants. */
function loops(
  pass: Pass,
  { stride = 1, dilation = 1, pad = 0, flip = false, examples = [0, 1, 2] }: Wrong,
  groups = 1,
) {
  const [x, w, d] = [valueIn(pass, 'x'), valueIn(pass, 'w'), seedIn(pass, 'y')];
  const [, , oh, ow] = pass.seeds.get('y')!.shape as [number, number, number, number];
  const inner = 4 / groups;
  const [dx, dw] = [new Float32Array(x.length), new Float32Array(w.length)];
  for (const n of examples)
    for (let m = 0; m < 6; m++)
      for (let i = 0; i < oh; i++)
        for (let j = 0; j < ow; j++)
          for (let c = 0; c < inner; c++)
            for (let u = 0; u < 3; u++)
              for (let v = 0; v < 2; v++) {
                const [row, column] = [i * stride + u * dilation - pad, j * stride + v * dilation - pad];
                if (row < 0 || row >= 9 || column < 0 || column >= 8) continue;
                const channel = Math.floor(m / (6 / groups)) * inner + c;
                const at = ((n * 4 + channel) * 9 + row) * 8 + column;
                const tap = ((m * inner + c) * 3 + u) * 2 + v;
                const turned = ((m * inner + c) * 3 + (2 - u)) * 2 + (1 - v);
                const g = d[((n * 6 + m) * oh + i) * ow + j]!;
                dx[at] = dx[at]! + g * w[flip ? turned : tap]!;
                dw[flip ? turned : tap] = dw[flip ? turned : tap]! + g * x[at]!;
              }
  return { dx, dw };
}

describe('a convolution on the way back', () => {
  const attributes = { strides: ints(2, 2), pads: ints(1, 1, 1, 1) };
  const dilated = { dilations: ints(2, 2), pads: ints(1, 1, 1, 1), group: int(2) };

  it.each([
    ['the kernel turned', { stride: 2, pad: 1, flip: true }, 'gradient.kernel-not-flipped', 'gradient.kernel-flipped'],
    ['no padding', { stride: 2, pad: 0 }, 'gradient.ignores-padding', 'gradient.ignores-padding'],
    ['no stride', { stride: 1, pad: 1 }, 'gradient.ignores-padding', 'gradient.ignores-padding'],
  ] as const)('with %s', (_what, wrong, input, weight) => {
    const pass = conv(attributes);
    const { dx, dw } = loops(pass, wrong);
    expect(blame(pass, 'h', dx, [3, 4, 9, 8]).cause?.id).toBe(input);
    expect(blame(pass, 'w', dw, [6, 4, 3, 2]).cause?.id).toBe(weight);
  });

  it('with the dilation forgotten, in groups', () => {
    const pass = conv(dilated, 'Conv', 2);
    const { dx, dw } = loops(pass, { dilation: 1, pad: 1 }, 2);
    expect(blame(pass, 'h', dx, [3, 4, 9, 8]).cause?.id).toBe('gradient.ignores-padding');
    expect(blame(pass, 'w', dw, [6, 2, 3, 2]).cause?.id).toBe('gradient.ignores-padding');
  });

  it('with the last example alone', () => {
    const pass = conv(attributes);
    const { dw } = loops(pass, { stride: 2, pad: 1, examples: [2] });
    expect(blame(pass, 'w', dw, [6, 4, 3, 2]).cause?.id).toBe('gradient.last-example-only');
  });

  it('with its bias averaged over positions, or summed over the wrong axis', () => {
    const pass = conv(attributes);
    const right = rightGradient(pass, 'b');
    const positions = seedIn(pass, 'y').length / 18;
    expect(
      blame(
        pass,
        'b',
        right.map((x) => Math.fround(x / positions)),
        [6],
      ).cause?.id,
    ).toBe('gradient.bias-axis');
    const d = seedIn(pass, 'y');
    const modulo = grid(6, (c) => sum(d.length / 6, (k) => d[k * 6 + c]!));
    expect(blame(pass, 'b', modulo, [6]).cause?.id).toBe('gradient.bias-axis');
  });

  it('is right, transposed or not', () => {
    for (const pass of [conv(attributes), conv(dilated, 'Conv', 2), conv(attributes, 'ConvTranspose')]) {
      expect(blame(pass, 'h', rightGradient(pass, 'h'), [3, 4, 9, 8]).cause).toBeNull();
      expect(blame(pass, 'h', normal([3, 4, 9, 8], 98).data as Float32Array, [3, 4, 9, 8]).cause).toBeNull();
    }
  });

  it('turned the kernel of a transposed convolution', () => {
    const pass = conv(attributes, 'ConvTranspose');
    const right = rightGradient(pass, 'w');
    const turned = right.map((_, i) => right[i - (i % 6) + 5 - (i % 6)]!);
    expect(blame(pass, 'w', turned, [4, 6, 3, 2]).cause?.id).toBe('gradient.kernel-flipped');
  });
});
