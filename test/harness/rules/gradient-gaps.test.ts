import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import type { Attributes, Graph } from '../../../harness/types/graph.ts';
import { diagnoseSite } from '../../../harness/diagnosis/index.ts';
import { openSession } from '../../../harness/diagnosis/session.ts';
import { wire } from '../../../harness/graph.ts';
import { createOracle } from '../../../harness/oracle/index.ts';
import { runOperator } from '../../../harness/oracle/run.ts';
import { sourceOf } from '../../../harness/tensor.ts';
import type { Value } from '../../../harness/types/oracle.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { blame, normal, type Pass, passOf, rightGradient, seedIn, valueIn } from '../../support/backward-scene.ts';
import { float, int } from '../../support/diagnosis-kit.ts';

/** One operator behind a tensor `h`, so that the gradient of `h` is a tensor's, not an input's. */
function layer(
  op: string,
  shape: readonly number[],
  others: readonly (readonly [string, readonly number[]])[],
  attributes: Attributes = {},
  opset = 21,
): Graph {
  const b = new GraphBuilder(op, opset);
  const h = b.node('Identity', [b.input('x', 'float32', shape)], {}, { outputNames: ['h'] });
  const rest = others.map(([name, s], i) => b.initializer(name, normal([...s], 20 + i, 0.5)));
  b.output(b.node(op, [h, ...rest], attributes, { name: op, outputNames: ['y'] }));
  return b.graph();
}

/** What is blamed for a gradient, and that the right one has no cause. */
function named(pass: Pass, tensor: string, wrong: ArrayLike<number>, shape: number[]) {
  expect(blame(pass, tensor, rightGradient(pass, tensor), shape).cause).toBe(null);
  return blame(pass, tensor, wrong, shape).cause;
}

describe('attention as one operator', () => {
  const [B, N, T, D] = [2, 3, 5, 7];
  const pass = passOf(
    layer(
      'Attention',
      [B, N, T, D],
      [
        ['k', [B, N, T, D]],
        ['v', [B, N, T, D]],
      ],
      {},
      23,
    ),
    { x: normal([B, N, T, D], 1) },
    ['y'],
  );
  it.each(['h', 'k'])('whose scale is left out on the way back to %s is named so', (tensor) => {
    const wrong = rightGradient(pass, tensor).map((g) => g * Math.sqrt(D));
    const cause = named(pass, tensor, wrong, [B, N, T, D]);
    expect(cause?.id).toBe('attention.scale');
    expect(cause?.claim).toContain('left out on the way back');
  });
  it('whose values get a wrong factor is not said to have a wrong scale', () => {
    const wrong = rightGradient(pass, 'v').map((g) => g * Math.sqrt(D));
    expect(named(pass, 'v', wrong, [B, N, T, D])?.id).not.toBe('attention.scale');
  });
});

describe('binary cross-entropy written out', () => {
  const [B, C] = [7, 3];
  const b = new GraphBuilder('bce', 21);
  const h = b.node('Identity', [b.input('x', 'float32', [B, C])], {}, { outputNames: ['h'] });
  const labels = Float32Array.from({ length: B * C }, (_, i) => ((i * 5) % 3 === 0 ? 1 : 0));
  const t = b.initializer('t', { dtype: 'float32', shape: [B, C], data: labels });
  // mean(softplus(x) − t·x)
  const each = b.node('Sub', [b.node('Softplus', [h]), b.node('Mul', [t, h])]);
  b.output(b.node('ReduceMean', [each], { keepdims: int(0) }, { outputNames: ['loss'] }), 'float32', []);
  const pass = { ...passOf(b.graph(), { x: normal([B, C], 1) }, []), loss: 'loss', recorded: ['h', 'loss'] };
  const sigma = valueIn(pass, 'h').map((x) => 1 / (1 + Math.exp(-x)));
  const scale = 1 / (B * C);
  it.each<[string, (s: number, i: number) => number, string]>([
    ['gradient.target-missing', (s) => s, 'the target is not subtracted'],
    ['gradient.derivative-wrong', (s, i) => (s - labels[i]!) * s * (1 - s), 'on top'],
  ])('is named %s', (id, wrong, claim) => {
    const cause = named(
      pass,
      'h',
      sigma.map((s, i) => scale * wrong(s, i)),
      [B, C],
    );
    expect(cause?.id).toBe(id);
    expect(cause?.claim).toContain(claim);
  });
});

describe('maximum and minimum of two tensors', () => {
  const shape = [5, 7];
  it.each(['Max', 'Min'])('%s whose gradient goes to both is named gradient.mask-missing', (op) => {
    const pass = passOf(layer(op, shape, [['other', shape]]), { x: normal(shape, 1) }, ['y']);
    expect(named(pass, 'h', seedIn(pass, 'y'), shape)?.id).toBe('gradient.mask-missing');
  });
  it.each(['Max', 'Min'])('%s whose gradient goes to the loser is named gradient.mask-inverted', (op) => {
    const pass = passOf(layer(op, shape, [['other', shape]]), { x: normal(shape, 1) }, ['y']);
    const right = rightGradient(pass, 'h');
    const wrong = seedIn(pass, 'y').map((d, i) => d - right[i]!);
    expect(named(pass, 'h', wrong, shape)?.id).toBe('gradient.mask-inverted');
  });
});

describe('root mean square norm', () => {
  const [B, D] = [5, 7];
  it('whose mean square is taken as constant on the way back is named gradient.statistics-constant', () => {
    const pass = passOf(
      layer('RMSNormalization', [B, D], [['scale', [D]]], { epsilon: float(1e-5) }, 23),
      { x: normal([B, D], 1) },
      ['y'],
    );
    const [x, w, dy] = [valueIn(pass, 'h'), valueIn(pass, 'scale'), seedIn(pass, 'y')];
    const wrong = dy.map((d, i) => {
      const row = [...x].slice(Math.floor(i / D) * D, (Math.floor(i / D) + 1) * D);
      return (d * w[i % D]!) / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / D + 1e-5);
    });
    expect(named(pass, 'h', wrong, [B, D])?.id).toBe('gradient.statistics-constant');
  });
});

describe('dropout in training', () => {
  const shape = [5, 7];
  const ratio = 0.4;
  const b = new GraphBuilder('dropout', 21);
  const h = b.node('Identity', [b.input('x', 'float32', shape)], {}, { outputNames: ['h'] });
  const rate = b.initializer('ratio', { dtype: 'float32', shape: [], data: Float32Array.of(ratio) });
  const mode = b.initializer('mode', { dtype: 'bool', shape: [], data: Uint8Array.of(1) });
  b.node('Dropout', [h, rate, mode], {}, { outputs: 2, outputNames: ['y', 'mask'] });
  b.output('y');
  const graph = b.graph();
  const x = normal(shape, 1);
  const kept = Uint8Array.from({ length: 35 }, (_, i) => ((i * 7) % 5 < 3 ? 1 : 0));
  const y = { ...x, data: Float32Array.from(x.data as Float32Array, (v, i) => (v * kept[i]!) / (1 - ratio)) };
  const dy = normal(shape, 2).data as Float32Array;

  /** The diagnosis of a gradient of `h`, where value and mask of the dropout are the recorded ones. */
  function blamed(wrong: (d: number, i: number) => number) {
    const mask = { dtype: 'bool' as const, shape, data: kept };
    const values = new Map(
      [
        ['x', x],
        ['h', x],
        ['y', y],
        ['mask', mask],
      ].map(([n, t]) => [n as string, sourceOf(t as Tensor)] as const),
    );
    const gradients = new Map([['y', sourceOf({ dtype: 'float32', shape, data: dy })]]);
    const request = { inputs: values, values, gradients, loss: null };
    const truth = createOracle(graph, request).gradient('h').r64;
    const subject = { ...truth, data: Float64Array.from(dy, (d, i) => Math.fround(wrong(d, i))) };
    const given = {
      tensor: 'h',
      direction: 'backward' as const,
      wiring: wire(graph),
      request,
      subject,
      truth,
      slack: null,
      allowed: 1e-7,
    };
    const site = {
      tensor: 'h',
      direction: 'backward' as const,
      layer: 'dropout',
      op: 'Dropout',
      cause: null,
      candidates: [],
    };
    return diagnoseSite(site, openSession(given, values, gradients), []).site.cause;
  }

  it('is right where it uses the recorded mask and scale', () => {
    expect(blamed((d, i) => (d * kept[i]!) / (1 - ratio))).toBe(null);
  });
  it('without its scale on the way back is named dropout.scale', () => {
    expect(blamed((d, i) => d * kept[i]!)?.id).toBe('dropout.scale');
  });
  it.each<[string, string, (d: number, i: number) => number]>([
    ['gradient.dropout-mask', 'another mask', (d, i) => (d * kept[34 - i]!) / (1 - ratio)],
    ['gradient.mask-missing', 'no mask', (d) => d / (1 - ratio)],
  ])('is named %s with %s on the way back', (id, _what, wrong) => {
    expect(blamed(wrong)?.id).toBe(id);
  });
});

describe('a gated recurrent layer', () => {
  const [T, B, I, H] = [5, 3, 2, 4];
  const b = new GraphBuilder('gru', 21);
  const h = b.node('Identity', [b.input('x', 'float32', [T, B, I])], {}, { outputNames: ['h'] });
  const [w, r] = [b.initializer('w', normal([1, 3 * H, I], 2, 0.7)), b.initializer('r', normal([1, 3 * H, H], 3, 0.7))];
  b.output(b.node('GRU', [h, w, r], { hidden_size: int(H) }, { outputNames: ['y'] }));
  const pass = passOf(b.graph(), { x: normal([T, B, I], 1) }, ['y']);
  const [x, y, dy] = [valueIn(pass, 'x'), valueIn(pass, 'y'), seedIn(pass, 'y')];
  const value = (shape: number[], data: Float64Array): Value => ({ dtype: 'float64', shape, data });

  /** ⟨dy, y⟩ of one step whose state before it is what was recorded. */
  function step(t: number, xs: Float64Array): number {
    const before = t === 0 ? new Float64Array(B * H) : y.slice((t - 1) * B * H, t * B * H);
    const given = [
      value([1, B, I], xs.slice(t * B * I, (t + 1) * B * I)),
      value([1, 3 * H, I], valueIn(pass, 'w')),
      value([1, 3 * H, H], valueIn(pass, 'r')),
      undefined,
      undefined,
      value([1, B, H], before),
    ];
    const node = {
      name: 'gru',
      op: 'GRU',
      domain: '',
      inputs: given.map((_, i) => `i${i}`),
      outputs: ['y', 'yh'],
      attributes: { hidden_size: int(H) },
    };
    const made = runOperator(node, given, 21)?.[0]?.data as Float64Array;
    return made.reduce((sum, v, i) => sum + v * dy[t * B * H + i]!, 0);
  }

  it('whose gradient stops at the states is named recurrent.truncated', () => {
    // By differences: no derivative of ours is asked.
    const wrong = x.map((_, i) => {
      const t = Math.floor(i / (B * I));
      const [up, down] = [1e-4, -1e-4].map((d) =>
        step(
          t,
          x.map((v, j) => (j === i ? v + d : v)),
        ),
      ) as [number, number];
      return (up - down) / 2e-4;
    });
    expect(named(pass, 'h', wrong, [T, B, I])?.id).toBe('recurrent.truncated');
  });
});

describe('a product that Einsum writes', () => {
  const n = 5;
  const b = new GraphBuilder('einsum', 21);
  const h = b.node('Identity', [b.input('x', 'float32', [3, n])], {}, { outputNames: ['h'] });
  const w = b.initializer('w', normal([n, n], 2));
  b.output(b.node('Einsum', [h, w], { equation: { kind: 'string', value: 'bi,ij->bj' } }, { outputNames: ['y'] }));
  const pass = passOf(b.graph(), { x: normal([3, n], 1) }, ['y']);
  const [W, dy] = [valueIn(pass, 'w'), seedIn(pass, 'y')];
  it('whose weight is not transposed on the way back is named so', () => {
    const wrong = Float64Array.from({ length: 3 * n }, (_, at) => {
      const [row, i] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let j = 0; j < n; j++) sum += dy[row * n + j]! * W[j * n + i]!;
      return sum;
    });
    expect(named(pass, 'h', wrong, [3, n])?.id).toBe('gradient.weight-not-transposed');
  });
  it('whose weight gradient is transposed is named so', () => {
    const right = rightGradient(pass, 'w');
    const wrong = right.map((_, at) => right[(at % n) * n + Math.floor(at / n)]!);
    expect(named(pass, 'w', wrong, [n, n])?.id).toBe('gradient.transposed');
  });
});

describe('a norm with a skip connection in one operator', () => {
  const [B, D] = [5, 7];
  const b = new GraphBuilder('skip', 21);
  const h = b.node('Identity', [b.input('x', 'float32', [B, D])], {}, { outputNames: ['h'] });
  const [skip, gamma] = [b.initializer('skip', normal([B, D], 2)), b.initializer('gamma', normal([D], 3))];
  b.output(
    b.node(
      'SkipLayerNormalization',
      [h, skip, gamma],
      { epsilon: float(1e-5) },
      { domain: 'com.microsoft', outputNames: ['y'] },
    ),
  );
  const pass = passOf(b.graph(), { x: normal([B, D], 1) }, ['y']);
  it('whose statistics are taken as constants on the way back is named gradient.statistics-constant', () => {
    const [x, s, g, dy] = [valueIn(pass, 'h'), valueIn(pass, 'skip'), valueIn(pass, 'gamma'), seedIn(pass, 'y')];
    const sum = x.map((v, i) => v + s[i]!);
    const wrong = dy.map((d, i) => {
      const row = [...sum].slice(Math.floor(i / D) * D, (Math.floor(i / D) + 1) * D);
      const mean = row.reduce((a, v) => a + v, 0) / D;
      return (d * g[i % D]!) / Math.sqrt(row.reduce((a, v) => a + (v - mean) ** 2, 0) / D + 1e-5);
    });
    expect(named(pass, 'h', wrong, [B, D])?.id).toBe('gradient.statistics-constant');
  });
});
