import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { Attribute, Attributes } from '../../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../../harness/types/tensor.ts';
import { blame, normal, type Pass, passOf, rightGradient, seedIn, valueIn } from '../../support/backward-scene.ts';

const int = (value: number): Attribute => ({ kind: 'int', value });
const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
const float = (value: number): Attribute => ({ kind: 'float', value });
const grid = (size: number, f: (i: number) => number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => f(i));
const labels = (...data: number[]): Tensor => fromNumbers('int64', [data.length], data);

/** One layer on x of a shape; parameters by name. */
function layer(
  op: string,
  shape: Shape,
  attributes: Attributes = {},
  parameters: Readonly<Record<string, Tensor>> = {},
  opset = 21,
): Pass {
  const g = new GraphBuilder(op, opset);
  const h = g.node('Identity', [g.input('x', 'float32', [...shape])], {}, { outputNames: ['h'] });
  const names = Object.entries(parameters).map(([name, tensor]) => g.initializer(name, tensor));
  g.output(g.node(op, [h, ...names], attributes, { outputNames: ['y'] }));
  return passOf(g.graph(), { x: normal(shape, 2) }, ['y']);
}

describe('a norm on the way back', () => {
  const shape = [3, 6, 5];
  // Which elements are normalised together, for each operator.
  const norms: readonly (readonly [string, Attributes, number, (i: number) => number, (i: number) => number])[] = [
    ['LayerNormalization', {}, 5, (i) => Math.floor(i / 5), (i) => i % 5],
    ['InstanceNormalization', {}, 6, (i) => Math.floor(i / 5), (i) => Math.floor(i / 5) % 6],
    ['GroupNormalization', { num_groups: int(2) }, 6, (i) => Math.floor(i / 15), (i) => Math.floor(i / 5) % 6],
    ['BatchNormalization', { training_mode: int(1) }, 6, (i) => Math.floor(i / 5) % 6, (i) => Math.floor(i / 5) % 6],
  ];

  function backOf(
    pass: Pass,
    groupOf: (i: number) => number,
    parameter: (i: number) => number,
    mean: number,
    variance: number,
  ) {
    const [x, gamma, d] = [valueIn(pass, 'x'), valueIn(pass, 'gamma'), seedIn(pass, 'y')];
    const members = new Map<number, number[]>();
    x.forEach((_, i) => members.set(groupOf(i), [...(members.get(groupOf(i)) ?? []), i]));
    const [dx, hat] = [new Float64Array(x.length), new Float64Array(x.length)];
    for (const group of members.values()) {
      const n = group.length;
      const average = (f: (i: number) => number): number => group.reduce((s, i) => s + f(i), 0) / n;
      const mu = average((i) => x[i]!);
      const inverse = 1 / Math.sqrt(average((i) => (x[i]! - mu) ** 2) + 1e-5);
      for (const i of group) hat[i] = (x[i]! - mu) * inverse;
      const g = (i: number): number => d[i]! * gamma[parameter(i)]!;
      const [m, v] = [average(g), average((i) => g(i) * hat[i]!)];
      for (const i of group) dx[i] = inverse * (g(i) - mean * m - variance * hat[i]! * v);
    }
    return { dx: Float32Array.from(dx), hat, d };
  }

  it.each(norms)('%s took its statistics as constants', (...row) => {
    const [op, attributes, size, groupOf, parameter] = row;
    const more = op === 'BatchNormalization' ? { mean: normal([6], 7), variance: normal([6], 8, 0, 1) } : {};
    const pass = layer(op, shape, attributes, { gamma: normal([size], 5), beta: normal([size], 6), ...more });
    for (const [mean, variance] of [
      [0, 0],
      [1, 0],
      [0, 1],
    ] as const) {
      const { dx } = backOf(pass, groupOf, parameter, mean, variance);
      expect(blame(pass, 'h', dx, shape).cause?.id).toBe('gradient.statistics-constant');
    }
    const { hat, d } = backOf(pass, groupOf, parameter, 1, 1);
    const scale = new Float64Array(size);
    const [x] = [valueIn(pass, 'x')];
    const raw = new Float64Array(size);
    d.forEach((g, i) => {
      scale[parameter(i)] = scale[parameter(i)]! + g;
      raw[parameter(i)] = raw[parameter(i)]! + g * x[i]!;
    });
    expect(blame(pass, 'gamma', scale, [size]).cause?.id).toBe('gradient.derivative-wrong');
    expect(blame(pass, 'gamma', raw, [size]).cause?.id).toBe('gradient.derivative-of-wrong-value');
    expect(hat.length).toBe(d.length);
    expect(blame(pass, 'h', rightGradient(pass, 'h'), shape).cause).toBeNull();
    expect(blame(pass, 'h', normal(shape, 71).data as Float32Array, shape).cause).toBeNull();
  });

  it('took the statistics of a norm written out and fused as constants', () => {
    const g = new GraphBuilder('written', 17);
    const h = g.node('Identity', [g.input('x', 'float32', [7, 5])], {}, { outputNames: ['h'] });
    const mean = g.node('ReduceMean', [h], { axes: ints(-1) });
    const d = g.node('Sub', [h, mean]);
    const two = g.initializer('two', fromNumbers('float32', [], [2]));
    const variance = g.node('ReduceMean', [g.node('Pow', [d, two])], { axes: ints(-1) });
    const root = g.node('Sqrt', [g.node('Add', [variance, g.initializer('e', fromNumbers('float32', [], [1e-5]))])]);
    g.output(
      g.node('Mul', [g.node('Div', [d, root]), g.initializer('gamma', normal([5], 5))], {}, { outputNames: ['y'] }),
    );
    const pass = { ...passOf(g.graph(), { x: normal([7, 5], 2) }, ['y']), recorded: ['h', 'y'] };
    const row = (i: number): number => Math.floor(i / 5);
    for (const [m, v] of [
      [0, 0],
      [1, 0],
      [0, 1],
    ] as const) {
      const { dx } = backOf(pass, row, (i) => i % 5, m, v);
      expect(blame(pass, 'h', dx, [7, 5]).cause?.id).toBe('gradient.statistics-constant');
    }
  });
});

describe('softmax and losses on the way back', () => {
  it('used only the diagonal, or left the sum out, or read the scores', () => {
    const pass = layer('Softmax', [3, 5, 7], { axis: int(1) });
    const [x, y, d] = [valueIn(pass, 'x'), valueIn(pass, 'y'), seedIn(pass, 'y')];
    const say = (f: (i: number) => number) => blame(pass, 'h', grid(105, f), [3, 5, 7]).cause?.id;
    const dot = (p: Float64Array, i: number): number => {
      let s = 0;
      for (let c = 0; c < 5; c++) {
        const at = Math.floor(i / 35) * 35 + c * 7 + (i % 7);
        s += p[at]! * d[at]!;
      }
      return s;
    };
    expect(say((i) => d[i]! * y[i]! * (1 - y[i]!))).toBe('gradient.softmax-diagonal');
    expect(say((i) => d[i]! * y[i]!)).toBe('gradient.softmax-diagonal');
    expect(say((i) => x[i]! * (d[i]! - dot(x, i)))).toBe('gradient.derivative-of-wrong-value');
    expect(say((i) => d[i]!)).toBe('gradient.derivative-wrong');
    expect(say((i) => y[i]! * (d[i]! - dot(y, i)))).toBe(undefined);
  });

  function classified(op: 'fused' | 'written', recorded?: readonly string[]): Pass {
    const g = new GraphBuilder('loss', 17);
    const h = g.node('Identity', [g.input('x', 'float32', [7, 5])], {}, { outputNames: ['h'] });
    const t = g.input('t', 'int64', [7]);
    const logs = op === 'written' ? g.node('LogSoftmax', [h], { axis: int(-1) }, { outputNames: ['p'] }) : h;
    const kind = op === 'written' ? 'NegativeLogLikelihoodLoss' : 'SoftmaxCrossEntropyLoss';
    g.output(g.node(kind, [logs, t], {}, { outputNames: ['loss'] }));
    const pass = passOf(g.graph(), { x: normal([7, 5], 2), t: labels(0, 3, 1, 4, 4, 2, 0) }, []);
    return { ...pass, loss: 'loss', ...(recorded === undefined ? {} : { recorded }) };
  }

  const softmaxOf = (x: Float64Array): Float64Array => {
    const e = x.map(Math.exp);
    return e.map((v, i) => v / e.slice(Math.floor(i / 5) * 5, Math.floor(i / 5) * 5 + 5).reduce((a, b) => a + b, 0));
  };

  it.each([
    ['fused', undefined],
    ['written', undefined],
    ['written', ['h', 'loss']],
  ] as const)('left the target out: %s, recorded %s', (kind, recorded) => {
    const pass = classified(kind, recorded);
    const p = softmaxOf(valueIn(pass, 'x'));
    expect(
      blame(
        pass,
        'h',
        p.map((v) => v / 7),
        [7, 5],
      ).cause?.id,
    ).toBe('gradient.target-missing');
    const right = rightGradient(pass, 'h');
    expect(blame(pass, 'h', right, [7, 5]).cause).toBeNull();
    if (recorded === undefined && kind === 'fused') {
      expect(
        blame(
          pass,
          'h',
          right.map((v) => v * 7),
          [7, 5],
        ).cause?.id,
      ).toBe('gradient.batch-factor');
      const both = blame(pass, 'h', p, [7, 5]).cause;
      expect(both?.id).toBe('gradient.target-missing');
      expect(both?.claim).toContain('7 times');
    }
  });

  it.each([['Pow'], ['Mul']])('left the target of a squared error out (%s)', (op) => {
    const g = new GraphBuilder('mse', 17);
    const h = g.node('Identity', [g.input('x', 'float32', [7, 5])], {}, { outputNames: ['h'] });
    const e = g.node('Sub', [h, g.input('t', 'float32', [7, 5])]);
    const two = op === 'Pow' ? g.initializer('two', fromNumbers('float32', [], [2])) : e;
    g.output(g.node('ReduceMean', [g.node(op, [e, two])], { keepdims: int(0) }, { outputNames: ['loss'] }));
    const plain = passOf(g.graph(), { x: normal([7, 5], 2), t: normal([7, 5], 3) }, []);
    const pass = { ...plain, loss: 'loss', recorded: ['h', 'loss'] };
    const wrong = valueIn(pass, 'x').map((v) => (2 * v) / 35);
    expect(blame(pass, 'h', wrong, [7, 5]).cause?.id).toBe('gradient.target-missing');
  });
});

describe('pools on the way back', () => {
  const attributes = { kernel_shape: ints(3, 2), strides: ints(2, 2), pads: ints(1, 0, 1, 0) };
  const shape = [2, 3, 7, 6];

  function spread(pass: Pass, share: (d: number, count: number) => number): Float32Array {
    const d = seedIn(pass, 'y');
    const [, , oh, ow] = pass.seeds.get('y')!.shape as [number, number, number, number];
    const dx = new Float32Array(252);
    for (let plane = 0; plane < 6; plane++)
      for (let i = 0; i < oh; i++)
        for (let j = 0; j < ow; j++) {
          const rows = [0, 1, 2].map((u) => i * 2 + u - 1).filter((r) => r >= 0 && r < 7);
          for (const r of rows)
            for (const c of [j * 2, j * 2 + 1]) {
              const at = (plane * 7 + r) * 6 + c;
              dx[at] = dx[at]! + share(d[(plane * oh + i) * ow + j]!, rows.length * 2);
            }
        }
    return dx;
  }

  it('spread a maximum over its window', () => {
    const pass = layer('MaxPool', shape, attributes);
    expect(
      blame(
        pass,
        'h',
        spread(pass, (d) => d),
        shape,
      ).cause?.id,
    ).toBe('gradient.pool-spread');
    expect(
      blame(
        pass,
        'h',
        spread(pass, (d, n) => d / n),
        shape,
      ).cause?.id,
    ).toBe('gradient.pool-spread');
    expect(
      blame(
        pass,
        'h',
        spread(pass, (d) => d / 6),
        shape,
      ).cause?.id,
    ).toBe('gradient.pool-spread');
    expect(blame(pass, 'h', rightGradient(pass, 'h'), shape).cause).toBeNull();
  });

  it('left 1/k² out of an average', () => {
    const pass = layer('AveragePool', shape, attributes);
    expect(
      blame(
        pass,
        'h',
        spread(pass, (d) => d),
        shape,
      ).cause?.id,
    ).toBe('gradient.pool-scale');
    expect(
      blame(
        pass,
        'h',
        spread(pass, (d) => d / 6),
        shape,
      ).cause?.id,
    ).toBe('pool.count-include-pad');
    const all = layer('GlobalAveragePool', shape);
    const d = seedIn(all, 'y');
    expect(
      blame(
        all,
        'h',
        grid(252, (i) => d[Math.floor(i / 42)]!),
        shape,
      ).cause?.id,
    ).toBe('gradient.pool-scale');
  });
});

describe('masks, joins and look-ups on the way back', () => {
  it('forgot dropout written out, turned it around, or drew another mask', () => {
    const mask = fromNumbers(
      'float32',
      [7, 5],
      grid(35, (i) => ((i * 7) % 3 === 0 ? 0 : 1.5)),
    );
    const pass = layer('Mul', [7, 5], {}, { mask });
    const [d, m] = [seedIn(pass, 'y'), valueIn(pass, 'mask')];
    const say = (f: (i: number) => number) => blame(pass, 'h', grid(35, f), [7, 5]).cause?.id;
    expect(say((i) => d[i]!)).toBe('gradient.mask-missing');
    expect(say((i) => (m[i] === 0 ? d[i]! * 1.5 : 0))).toBe('gradient.mask-inverted');
    expect(say((i) => ((i * 5) % 3 === 1 ? 0 : d[i]! * 1.5))).toBe('gradient.dropout-mask');
    expect(say((i) => (m[i] === 0 ? 0 : d[i]!))).toMatch(/dropout.scale|scale.constant/);
  });

  it('forgot the mask of attention', () => {
    const g = new GraphBuilder('where', 17);
    const h = g.node('Identity', [g.input('x', 'float32', [3, 5, 5])], {}, { outputNames: ['h'] });
    const causal = fromNumbers(
      'bool',
      [5, 5],
      grid(25, (i) => (i % 5 <= Math.floor(i / 5) ? 1 : 0)),
    );
    const low = g.initializer('low', fromNumbers('float32', [], [-1e9]));
    g.output(g.node('Where', [g.initializer('c', causal), h, low], {}, { outputNames: ['y'] }));
    const pass = passOf(g.graph(), { x: normal([3, 5, 5], 2) }, ['y']);
    const d = seedIn(pass, 'y');
    expect(blame(pass, 'h', d, [3, 5, 5]).cause?.id).toBe('gradient.mask-missing');
    const inverted = d.map((v, i) => (i % 5 <= Math.floor(i / 5) % 5 ? 0 : v));
    expect(blame(pass, 'h', inverted, [3, 5, 5]).cause?.id).toBe('gradient.mask-inverted');
  });

  it('forgot the scale of attention', () => {
    const g = new GraphBuilder('scaled', 17);
    const h = g.node('Identity', [g.input('x', 'float32', [3, 5, 5])], {}, { outputNames: ['h'] });
    const s = g.node(
      'Div',
      [h, g.initializer('root', fromNumbers('float32', [], [2.6457]))],
      {},
      { outputNames: ['s'] },
    );
    g.output(g.node('Softmax', [s], { axis: int(-1) }, { outputNames: ['y'] }));
    const pass = passOf(g.graph(), { x: normal([3, 5, 5], 2) }, ['s']);
    expect(blame(pass, 'h', seedIn(pass, 's'), [3, 5, 5]).cause?.id).toBe('attention.scale');
  });

  it('kept one look-up of several', () => {
    const g = new GraphBuilder('embedding', 17);
    const w = g.initializer('w', normal([6, 3], 4));
    g.output(g.node('Gather', [w, g.input('t', 'int64', [8])], {}, { outputNames: ['y'] }));
    const t = [1, 3, 1, 0, 5, 3, 1, 2];
    const pass = passOf(g.graph(), { t: labels(...t) }, ['y']);
    const d = seedIn(pass, 'y');
    const [last, first] = [new Float32Array(18), new Float32Array(18)];
    t.forEach((row, k) => {
      for (let c = 0; c < 3; c++) last[row * 3 + c] = d[k * 3 + c]!;
    });
    [...t.entries()].reverse().forEach(([k, row]) => {
      for (let c = 0; c < 3; c++) first[row * 3 + c] = d[k * 3 + c]!;
    });
    expect(blame(pass, 'w', last, [6, 3]).cause?.id).toBe('gradient.duplicates-overwritten');
    expect(blame(pass, 'w', first, [6, 3]).cause?.id).toBe('gradient.duplicates-overwritten');
  });

  it('handed the parts of a join back in another order', () => {
    const g = new GraphBuilder('join', 17);
    const parts = ['a', 'b', 'c'].map((name, i) => g.input(name, 'float32', [3, [4, 4, 5][i]!, 2]));
    g.output(g.node('Concat', parts, { axis: int(1) }, { outputNames: ['y'] }));
    const given = { a: normal([3, 4, 2], 1), b: normal([3, 4, 2], 2), c: normal([3, 5, 2], 3) };
    const pass = passOf(g.graph(), given, ['y']);
    const d = seedIn(pass, 'y');
    const from = (offset: number, size: number) =>
      grid(3 * size * 2, (i) => d[Math.floor(i / (size * 2)) * 26 + offset * 2 + (i % (size * 2))]!);
    expect(blame(pass, 'a', from(4, 4), [3, 4, 2]).cause?.id).toBe('gradient.fan-out');
    expect(blame(pass, 'c', from(0, 5), [3, 5, 2]).cause?.id).toBe('gradient.fan-out');
    expect(blame(pass, 'b', from(9, 4), [3, 4, 2]).cause?.id).toBe('gradient.fan-out');
    expect(blame(pass, 'b', from(4, 4), [3, 4, 2]).cause).toBeNull();
  });

  it('joined the parts of a split in another order', () => {
    const g = new GraphBuilder('cut', 17);
    const h = g.node('Identity', [g.input('x', 'float32', [3, 6])], {}, { outputNames: ['h'] });
    for (const part of g.nodes('Split', [h], { axis: int(1) }, { outputNames: ['a', 'b', 'c'] })) g.output(part);
    const pass = passOf(g.graph(), { x: normal([3, 6], 2) }, ['a', 'b', 'c']);
    const d = ['c', 'a', 'b'].map((name) => seedIn(pass, name));
    const wrong = grid(18, (i) => d[Math.floor((i % 6) / 2)]![Math.floor(i / 6) * 2 + (i % 2)]!);
    expect(blame(pass, 'h', wrong, [3, 6]).cause?.id).toBe('gradient.fan-out');
  });
});

describe('a gradient that other things happened to', () => {
  /** h feeds three layers and a skip. */
  function shared(): Pass {
    const g = new GraphBuilder('shared', 17);
    const h = g.node('Identity', [g.input('x', 'float32', [7, 5])], {}, { outputNames: ['h'] });
    g.output(g.node('Add', [g.node('Tanh', [h], {}, { outputNames: ['t'] }), h], {}, { outputNames: ['y'] }));
    g.output(g.node('Sigmoid', [h], {}, { outputNames: ['s'] }));
    g.output(g.node('Relu', [h], {}, { outputNames: ['r'] }));
    return passOf(g.graph(), { x: normal([7, 5], 2) }, ['y', 't', 's', 'r']);
  }

  it('lost any of its uses', () => {
    const pass = shared();
    const [x, t, s] = [valueIn(pass, 'x'), valueIn(pass, 't'), valueIn(pass, 's')];
    const parts = [
      seedIn(pass, 't').map((d, i) => d * (1 - t[i]! ** 2)),
      seedIn(pass, 'y'),
      seedIn(pass, 's').map((d, i) => d * s[i]! * (1 - s[i]!)),
      seedIn(pass, 'r').map((d, i) => (x[i]! > 0 ? d : 0)),
    ];
    for (let bits = 1; bits < 15; bits++) {
      const wrong = grid(35, (i) => parts.reduce((sum, part, k) => sum + ((bits >> k) & 1 ? part[i]! : 0), 0));
      expect(blame(pass, 'h', wrong, [7, 5]).cause?.id).toBe('gradient.overwritten');
    }
  });

  it('was clipped, by value or by norm, or added to another', () => {
    const pass = layer('Tanh', [7, 5]);
    const right = rightGradient(pass, 'h');
    const clipped = right.map((v) => Math.min(Math.max(v, -0.25), 0.25));
    expect(blame(pass, 'h', clipped, [7, 5]).cause?.id).toBe('gradient.clipped');
    expect(blame(pass, 'h', clipped, [7, 5]).cause?.claim).toContain('0.25');
    const norm = Math.sqrt(right.reduce((sum, v) => sum + v * v, 0));
    expect(
      blame(
        pass,
        'h',
        right.map((v) => v / norm),
        [7, 5],
      ).cause?.id,
    ).toBe('gradient.clipped');
    const d = seedIn(pass, 'y');
    expect(
      blame(
        pass,
        'h',
        right.map((v, i) => v + d[i]!),
        [7, 5],
      ).cause?.id,
    ).toBe('gradient.accumulated');
    expect(
      blame(
        pass,
        'h',
        right.map((v) => v * 0.8137),
        [7, 5],
      ).cause?.id,
    ).toBe('scale.constant');
  });

  it('has another slope that is read from the numbers', () => {
    const pass = layer('LeakyRelu', [7, 5], { alpha: float(0.1) });
    const [x, d] = [valueIn(pass, 'x'), seedIn(pass, 'y')];
    const site = blame(
      pass,
      'h',
      grid(35, (i) => d[i]! * (x[i]! > 0 ? 1 : 0.37)),
      [7, 5],
    );
    expect(site.cause?.claim).toContain('0.37');
  });

  it('is traced to a bug several layers on, where only parameters have recorded gradients', () => {
    const g = new GraphBuilder('deep', 17);
    const m = g.node('MatMul', [g.input('x', 'float32', [7, 5]), g.initializer('w', normal([5, 4], 3))]);
    const p = g.node('Softmax', [g.node('Tanh', [m])], { axis: int(-1) }, { outputNames: ['p'] });
    g.output(g.node('MatMul', [p, g.initializer('v', normal([4, 3], 4))], {}, { outputNames: ['y'] }));
    const pass = passOf(g.graph(), { x: normal([7, 5], 2) }, ['y']);
    const [x, v, prob, d] = [valueIn(pass, 'x'), valueIn(pass, 'v'), valueIn(pass, 'p'), seedIn(pass, 'y')];
    const t = valueIn(pass, pass.graph.nodes[1]?.outputs[0] as string);
    const wrong = new Float64Array(20);
    for (let r = 0; r < 7; r++)
      for (let k = 0; k < 4; k++) {
        const dp = [0, 1, 2].reduce((sum, c) => sum + d[r * 3 + c]! * v[k * 3 + c]!, 0);
        const at = r * 4 + k;
        const dm = dp * prob[at]! * (1 - prob[at]!) * (1 - t[at]! ** 2);
        for (let i = 0; i < 5; i++) wrong[i * 4 + k] = wrong[i * 4 + k]! + x[r * 5 + i]! * dm;
      }
    expect(blame(pass, 'w', wrong, [5, 4]).cause?.id).toBe('gradient.softmax-diagonal');
  });
});
