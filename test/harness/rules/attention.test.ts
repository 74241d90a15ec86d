import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { fromNumbers, int64, toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { computed, diagnose, filled, int, ints, normal } from '../../support/diagnosis-kit.ts';

const [B, H, T, D] = [2, 3, 5, 4];

/** What a hand-written attention may do wrong. */
interface Attention {
  readonly scale?: number;
  readonly sees?: (row: number, column: number) => boolean;
  /** Where element d of position t of head h lies in [batch, position, head·size]. */
  readonly place?: (h: number, t: number, d: number) => number;
}

const rightPlace = (h: number, t: number, d: number): number => (t * H + h) * D + d;
/** The same memory taken for [batch, head, position, size]. */
const unmoved = (h: number, t: number, d: number): number => (h * T + t) * D + d;
const causal = (row: number, column: number): boolean => column <= row;

/** softmax(scale·Q·Kᵀ where seen)·V of [batch, position, head·size], in plain loops. */
function attend(q: Tensor, k: Tensor, v: Tensor, wrong: Attention): Tensor {
  const { scale = 1 / Math.sqrt(D), sees = causal, place = rightPlace } = wrong;
  const [a, b, c] = [toNumbers(q), toNumbers(k), toNumbers(v)];
  const y = new Float64Array(a.length);
  for (let n = 0; n < B; n++) {
    const base = n * T * H * D;
    for (let h = 0; h < H; h++) {
      for (let i = 0; i < T; i++) {
        const powers: number[] = [];
        for (let j = 0; j < T; j++) {
          let dot = 0;
          for (let d = 0; d < D; d++) dot += a[base + place(h, i, d)]! * b[base + place(h, j, d)]!;
          powers.push(sees(i, j) ? Math.exp(dot * scale) : 0);
        }
        const sum = powers.reduce((s, p) => s + p, 0);
        for (let d = 0; d < D; d++) {
          let out = 0;
          for (let j = 0; j < T; j++) out += (powers[j]! / sum) * c[base + place(h, j, d)]!;
          y[base + place(h, i, d)] = out;
        }
      }
    }
  }
  return fromNumbers('float32', q.shape, y);
}

const [q, k, v] = [1, 2, 3].map((seed) => normal([B, T, H * D], seed)) as [Tensor, Tensor, Tensor];
const values = new Map([
  ['q', q],
  ['k', k],
  ['v', v],
]);

function operator() {
  const b = new GraphBuilder('operator', 23);
  for (const name of ['q', 'k', 'v']) b.input(name, 'float32', [B, T, H * D]);
  const attributes = { q_num_heads: int(H), kv_num_heads: int(H), is_causal: int(1) };
  b.output(b.node('Attention', ['q', 'k', 'v'], attributes, { name: 'attention' }));
  return { name: 'Attention', graph: b.graph(), tensor: 'attention_out' };
}

/** Reshape, Transpose, MatMul, Div, Where or Add, Softmax, MatMul, Transpose, Reshape. */
function written(mask: 'Where' | 'Add') {
  const b = new GraphBuilder('written', 17);
  for (const name of ['q', 'k', 'v']) b.input(name, 'float32', [B, T, H * D]);
  b.initializer('apart', int64([4], [B, T, H, D]));
  b.initializer('together', int64([3], [B, T, H * D]));
  b.initializer('root', fromNumbers('float32', [], [Math.sqrt(D)]));
  b.initializer('low', fromNumbers('float32', [], [Number.NEGATIVE_INFINITY]));
  b.initializer(
    'hidden',
    fromNumbers(
      'bool',
      [T, T],
      Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? 1 : 0)),
    ),
  );
  b.initializer(
    'added',
    filled([T, T], ([i = 0, j = 0]) => (j > i ? -1e9 : 0)),
  );
  const split = (name: string, perm: number[]) =>
    b.node('Transpose', [b.node('Reshape', [name, 'apart'])], { perm: ints(...perm) });
  const product = b.node('MatMul', [split('q', [0, 2, 1, 3]), split('k', [0, 2, 3, 1])]);
  const scaled = b.node('Div', [product, 'root'], {}, { name: 'scale' });
  const masked =
    mask === 'Where'
      ? b.node('Where', ['hidden', 'low', scaled], {}, { name: 'mask' })
      : b.node('Add', [scaled, 'added'], {}, { name: 'mask' });
  const weighted = b.node('MatMul', [
    b.node('Softmax', [masked], { axis: int(-1) }, { name: 'softmax' }),
    split('v', [0, 2, 1, 3]),
  ]);
  const merged = b.node('Transpose', [weighted], { perm: ints(0, 2, 1, 3) }, { name: 'merge' });
  b.output(b.node('Reshape', [merged, 'together'], {}, { name: 'end' }));
  return { name: `attention with ${mask}`, graph: b.graph(), tensor: 'end_out' };
}

const BUGS: readonly [string, RegExp, Attention][] = [
  ['attention.scale', /left out/, { scale: 1 }],
  ['attention.scale', /by 0\.25/, { scale: 1 / D }],
  ['attention.mask-missing', /not applied/, { sees: () => true }],
  ['attention.mask-shifted', /one column more/, { sees: (i, j) => j <= i + 1 }],
  ['attention.mask-shifted', /transposed/, { sees: (i, j) => j >= i }],
];

describe('attention', () => {
  for (const { name, graph, tensor } of [operator(), written('Where'), written('Add')]) {
    for (const [cause, claim, wrong] of BUGS) {
      it(`is named ${cause} (${claim.source}) in ${name}, where only its end is recorded`, () => {
        const site = diagnose({ graph, values, tensor, subject: attend(q, k, v, wrong), recorded: [] });
        expect(site.cause?.id).toBe(cause);
        expect(site.cause?.claim).toMatch(claim);
      });
    }
    it(`is given no cause in ${name} for a mask and scale that no bug makes`, () => {
      const subject = attend(q, k, v, { sees: (i, j) => (i + j) % 3 !== 1 || i === j, scale: 0.37 });
      expect(diagnose({ graph, values, tensor, subject, recorded: [] }).cause).toBeNull();
    });
  }
  it('is named attention.heads-merged where the heads of the operator are split and merged without a transposition', () => {
    const { graph, tensor } = operator();
    const site = diagnose({ graph, values, tensor, subject: attend(q, k, v, { place: unmoved }) });
    expect(site.cause?.id).toBe('attention.heads-merged');
  });
  it('is named attention.heads-merged at the transposition that is left out, and at no other', () => {
    const { graph } = written('Where');
    const right = computed(graph, values, 'merge_out');
    const heads = toNumbers(computed(graph, values, graph.nodes.at(-3)?.outputs[0] as string));
    const subject = fromNumbers('float32', right.shape, heads);
    const site = diagnose({ graph, values, tensor: 'merge_out', subject });
    expect(site.candidates.map(({ id }) => id)).toContain('attention.heads-merged');
  });
  it('is not seen in the temperature of a classifier: that is a factor', () => {
    const b = new GraphBuilder('classifier', 17);
    b.input('x', 'float32', [B, T, D]);
    b.initializer('w', normal([D, 7], 6));
    b.initializer('temperature', fromNumbers('float32', [], [3]));
    const cooled = b.node('Div', [b.node('MatMul', ['x', 'w']), 'temperature'], {}, { name: 'cool' });
    b.output(b.node('Softmax', [cooled], { axis: int(-1) }));
    const graph = b.graph();
    const given = new Map([['x', normal([B, T, D], 11)]]);
    const hot = toNumbers(computed(graph, given, 'cool_out')).map((x) => 3 * x);
    const subject = fromNumbers('float32', [B, T, 7], hot);
    const site = diagnose({ graph, values: given, tensor: 'cool_out', subject });
    expect(site.cause).not.toBeNull();
    expect(site.candidates.map(({ id }) => id)).not.toContain('attention.scale');
  });
  it('reads another scale off where the scores are recorded', () => {
    const { graph } = written('Where');
    const right = computed(graph, values, 'scale_out');
    const subject = fromNumbers(
      'float32',
      right.shape,
      toNumbers(right).map((x) => (x * 2) / 3.1),
    );
    const site = diagnose({ graph, values, tensor: 'scale_out', subject });
    expect(site.cause).toMatchObject({
      id: 'attention.scale',
      claim: expect.stringContaining(`${Number((1 / 3.1).toPrecision(6))}`),
    });
  });
});

describe('a rotary embedding', () => {
  const half = D / 2;
  const b = new GraphBuilder('rope', 23);
  const x = normal([B, H, T, D], 5);
  const angle = (t: number, i: number): number => t / 10 ** i;
  b.input('x', 'float32', [B, H, T, D]);
  b.initializer(
    'cos',
    filled([B, T, half], ([, t = 0, i = 0]) => Math.cos(angle(t, i))),
  );
  b.initializer(
    'sin',
    filled([B, T, half], ([, t = 0, i = 0]) => Math.sin(angle(t, i))),
  );
  b.output(b.node('RotaryEmbedding', ['x', 'cos', 'sin'], {}, { name: 'rope' }));
  const graph = b.graph();
  const turned = (pair: (i: number) => readonly [number, number], start: number, sign = 1): Tensor => {
    const data = toNumbers(x);
    const y = data.slice();
    for (let row = 0; row < B * H * T; row++) {
      for (let i = 0; i < half; i++) {
        const [first, second] = pair(i).map((d) => row * D + d) as [number, number];
        const a = sign * angle((row % T) + start, i);
        y[first] = Math.cos(a) * data[first]! - Math.sin(a) * data[second]!;
        y[second] = Math.sin(a) * data[first]! + Math.cos(a) * data[second]!;
      }
    }
    return fromNumbers('float32', x.shape, y);
  };
  const halves = (i: number): [number, number] => [i, i + half];
  const neighbours = (i: number): [number, number] => [2 * i, 2 * i + 1];
  const table: readonly [string, RegExp, Tensor][] = [
    ['rope.pairing', /neighbours/, turned(neighbours, 0)],
    ['rope.pairing', /other way/, turned(halves, 0, -1)],
    ['position.offset', /\+1/, turned(halves, 1)],
    ['position.offset', /−1/, turned(halves, -1)],
    ['position.offset', /left out/, x],
  ];
  for (const [cause, claim, subject] of table) {
    it(`is named ${cause} (${claim.source})`, () => {
      const site = diagnose({ graph, values: new Map([['x', x]]), tensor: 'rope_out', subject });
      expect(site.cause?.id).toBe(cause);
      expect(site.cause?.claim).toMatch(claim);
    });
  }
  it('is given no cause where angles are of another base', () => {
    const subject = fromNumbers(
      'float32',
      x.shape,
      toNumbers(turned(halves, 0)).map((e, i) => e * Math.cos(i)),
    );
    expect(diagnose({ graph, values: new Map([['x', x]]), tensor: 'rope_out', subject }).cause).toBeNull();
  });
});

describe('positions added to an embedding', () => {
  const [vocabulary, size] = [11, 6];
  const b = new GraphBuilder('positions', 17);
  b.input('tokens', 'int64', [B, T]);
  b.initializer('table', normal([vocabulary, size], 7));
  b.initializer('positions', normal([T, size], 8));
  b.output(
    b.node('Add', [b.node('Gather', ['table', 'tokens'], {}, { name: 'look' }), 'positions'], {}, { name: 'sum' }),
  );
  const graph = b.graph();
  const given = new Map([['tokens', int64([B, T], [3, 0, 10, 4, 7, 1, 1, 9, 2, 6])]]);
  const looked = toNumbers(computed(graph, given, 'look_out'));
  const positions = toNumbers(normal([T, size], 8));
  const shifted = (by: number): Tensor =>
    fromNumbers(
      'float32',
      [B, T, size],
      looked.map((x, i) => {
        const t = (Math.floor(i / size) % T) + by;
        return x + (t < 0 || t >= T ? 0 : positions[t * size + (i % size)]!);
      }),
    );
  it('are named position.offset where they are left out or off by one', () => {
    const none = fromNumbers('float32', [B, T, size], looked);
    for (const [subject, claim] of [
      [none, /not added/],
      [shifted(1), /off by one/],
      [shifted(-1), /off by one/],
    ] as const) {
      const site = diagnose({ graph, values: given, tensor: 'sum_out', subject });
      expect(site.cause?.id).toBe('position.offset');
      expect(site.cause?.claim).toMatch(claim);
    }
  });
});

describe('a softmax', () => {
  const shape = [3, 5, 7];
  const make = (op: string, opset = 17) => {
    const b = new GraphBuilder('softmax', opset);
    b.input('x', 'float32', shape);
    b.output(b.node(op, ['x'], { axis: int(2) }, { name: 'softmax' }));
    return b.graph();
  };
  const x = normal(shape, 9, 1.5);
  /** In plain loops along rows of `stride`-apart places. */
  const rows = (data: Float64Array, length: number, stride: number, f: (row: number[]) => number[]): Float64Array => {
    const y = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) {
      if (Math.floor(i / stride) % length !== 0) continue;
      const places = Array.from({ length }, (_, j) => i + j * stride);
      f(places.map((p) => data[p]!)).forEach((out, j) => (y[places[j]!] = out));
    }
    return y;
  };
  const softmaxOf = (row: number[], summed = row.length): number[] => {
    const sum = row.slice(0, summed).reduce((s, e) => s + Math.exp(e), 0);
    return row.map((e) => Math.exp(e) / sum);
  };
  const table: readonly [string, RegExp, Float64Array][] = [
    ['softmax.axis', /axis 1, not over axis 2/, rows(toNumbers(x), 5, 7, softmaxOf)],
    ['softmax.axis', /axes 1, 2/, rows(toNumbers(x), 35, 1, softmaxOf)],
    ['softmax.repeated', /twice/, rows(rows(toNumbers(x), 7, 1, softmaxOf), 7, 1, softmaxOf)],
    ['softmax.denominator', /last 3 of 7/, rows(toNumbers(x), 7, 1, (row) => softmaxOf(row, 4))],
  ];
  for (const [cause, claim, y] of table) {
    for (const op of ['Softmax', 'LogSoftmax']) {
      it(`is named ${cause} (${claim.source}) where ${op} has that bug`, () => {
        const subject = fromNumbers('float32', shape, op === 'Softmax' ? y : y.map(Math.log));
        const site = diagnose({ graph: make(op), values: new Map([['x', x]]), tensor: 'softmax_out', subject });
        expect(site.cause?.id).toBe(cause);
        expect(site.cause?.claim).toMatch(claim);
      });
    }
  }
  it('is named softmax.no-max-subtraction where float32 overflows, and only rows that do', () => {
    const large = fromNumbers(
      'float32',
      shape,
      toNumbers(x).map((e, i) => (i < 14 ? e + 95 : e)),
    );
    const naive = rows(toNumbers(large), 7, 1, (row) => {
      const powers = row.map((e) => Math.fround(Math.exp(e)));
      const sum = powers.reduce((s, p) => Math.fround(s + p), 0);
      return powers.map((p) => p / sum);
    });
    const subject = fromNumbers('float32', shape, naive);
    expect([...naive].filter(Number.isNaN)).toHaveLength(14);
    const site = diagnose({ graph: make('Softmax'), values: new Map([['x', large]]), tensor: 'softmax_out', subject });
    expect(site.cause?.id).toBe('softmax.no-max-subtraction');
  });
  it('is named value.nan where a row is NaN though its logits are small', () => {
    const right = rows(toNumbers(x), 7, 1, softmaxOf);
    const subject = fromNumbers(
      'float32',
      shape,
      right.map((e, i) => (i >= 21 && i < 28 ? Number.NaN : e)),
    );
    const site = diagnose({ graph: make('Softmax'), values: new Map([['x', x]]), tensor: 'softmax_out', subject });
    expect(site.cause?.id).toBe('value.nan');
  });
  it('before opset 13 sums over all axes from its own on: one axis alone is named softmax.axis', () => {
    const b = new GraphBuilder('old', 11);
    b.input('x', 'float32', shape);
    b.output(b.node('Softmax', ['x'], { axis: int(1) }, { name: 'softmax' }));
    const subject = fromNumbers('float32', shape, rows(toNumbers(x), 7, 1, softmaxOf));
    const site = diagnose({ graph: b.graph(), values: new Map([['x', x]]), tensor: 'softmax_out', subject });
    expect(site.cause).toMatchObject({ id: 'softmax.axis', claim: 'sums over axis 2, not over axes 1, 2' });
  });
});
