import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { computed, diagnose, int, normal, string } from '../../support/diagnosis-kit.ts';

const [T, B, I, H] = [6, 2, 3, 4];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** What a hand-written cell may do wrong. */
interface Wrong {
  /** Block of each gate in the parameters. */
  readonly order?: readonly number[];
  readonly inputBias?: number;
  readonly recurrentBias?: number;
  readonly forgetBias?: number;
  readonly carries?: boolean;
  readonly cell?: (c: number) => number;
  readonly resetLate?: boolean;
  readonly inverted?: boolean;
}

interface Parameters {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly r: Tensor;
  readonly b: Tensor;
}

/** Arguments of all gates: input part and recurrent part, by gate and unit. */
function parts(p: Parameters, gates: number, x: ArrayLike<number>, h: ArrayLike<number>, wrong: Wrong) {
  const { inputBias = 1, recurrentBias = 1, order = Array.from({ length: gates }, (_, g) => g) } = wrong;
  const [w, r, b] = [p.w.data, p.r.data, p.b.data] as [Float32Array, Float32Array, Float32Array];
  const of = (gate: number, j: number) => {
    const row = order[gate]! * H + j;
    let input = inputBias * b[row]!;
    let recurrent = 0;
    for (let i = 0; i < I; i++) input += w[row * I + i]! * x[i]!;
    for (let i = 0; i < H; i++) recurrent += r[row * H + i]! * h[i]!;
    return { input, recurrent, bias: recurrentBias * b[gates * H + row]!, row };
  };
  return of;
}

type Cell = (p: Parameters, x: number[], h: number[], c: number[], wrong: Wrong) => { h: number[]; c: number[] };

const lstmCell: Cell = (p, x, h, c, wrong) => {
  const of = parts(p, 4, x, h, wrong);
  const sum = (gate: number, j: number): number => {
    const { input, recurrent, bias } = of(gate, j);
    return input + recurrent + bias;
  };
  const next = c.map((old, j) => {
    const forget = sigmoid(sum(2, j) + (wrong.forgetBias ?? 0));
    return forget * old + sigmoid(sum(0, j)) * Math.tanh(sum(3, j));
  });
  return { h: next.map((each, j) => sigmoid(sum(1, j)) * (wrong.cell ?? Math.tanh)(each)), c: next };
};

const gruCell: Cell = (p, x, h, c, wrong) => {
  const of = parts(p, 3, x, h, wrong);
  const gate = (g: number, j: number): number => sigmoid(of(g, j).input + of(g, j).recurrent + of(g, j).bias);
  const reset = h.map((_, j) => gate(1, j));
  const early = parts(
    p,
    3,
    x,
    h.map((each, j) => each * reset[j]!),
    wrong,
  );
  const next = h.map((old, j) => {
    const { input, recurrent, bias } = of(2, j);
    const product = wrong.resetLate === true ? reset[j]! * (recurrent + bias) : early(2, j).recurrent + bias;
    const candidate = Math.tanh(input + product);
    const z = wrong.inverted === true ? 1 - gate(0, j) : gate(0, j);
    return (1 - z) * candidate + z * old;
  });
  return { h: next, c };
};

const rnnCell: Cell = (p, x, h, c, wrong) => {
  const of = parts(p, 1, x, h, wrong);
  return { h: h.map((_, j) => (wrong.cell ?? Math.tanh)(of(0, j).input + of(0, j).recurrent + of(0, j).bias)), c };
};

/** Y [T, 1, B, H] by plain loops. */
function run(cell: Cell, p: Parameters, wrong: Wrong, places = Array.from({ length: T }, (_, t) => t)): Float64Array {
  const y = new Float64Array(T * B * H);
  const x = toNumbers(p.x);
  for (let b = 0; b < B; b++) {
    const zeros = Array.from({ length: H }, () => 0);
    let state = { h: zeros, c: zeros };
    for (const t of places) {
      if (wrong.carries === false) state = { h: zeros, c: zeros };
      const from = (t * B + b) * I;
      state = cell(p, [...x.subarray(from, from + I)], state.h, state.c, wrong);
      y.set(state.h, (t * B + b) * H);
    }
  }
  return y;
}

function network(op: string, gates: number, direction = 'forward') {
  const directions = direction === 'bidirectional' ? 2 : 1;
  const tensors = {
    w: normal([directions, gates * H, I], 1, 0.6),
    r: normal([directions, gates * H, H], 2, 0.6),
    b: normal([directions, 2 * gates * H], 3, 0.5),
  };
  const b = new GraphBuilder(op, 17);
  b.input('x', 'float32', [T, B, I]);
  for (const [name, tensor] of Object.entries(tensors)) b.initializer(name, tensor);
  const names = ['Y', 'Y_h', ...(op === 'LSTM' ? ['Y_c'] : [])];
  const attributes = { hidden_size: int(H), direction: string(direction) };
  b.nodes(op, ['x', 'w', 'r', 'b'], attributes, { name: 'layer', outputNames: names });
  b.output(b.node('Identity', ['Y'], {}, { name: 'after' }));
  const x = normal([T, B, I], 4);
  return { graph: b.graph(), values: new Map([['x', x]]), p: { x, ...tensors } };
}

const CELLS = {
  LSTM: { gates: 4, cell: lstmCell },
  GRU: { gates: 3, cell: gruCell },
  RNN: { gates: 1, cell: rnnCell },
};

type Row = readonly [op: keyof typeof CELLS, cause: string, claim: RegExp, wrong: Wrong];
const BUGS: readonly Row[] = [
  ['LSTM', 'recurrent.gate-order', /output and forget swapped/, { order: [0, 2, 1, 3] }],
  ['LSTM', 'recurrent.gate-order', /input, forget, cell, output|others/, { order: [0, 3, 1, 2] }],
  ['GRU', 'recurrent.gate-order', /update and reset swapped/, { order: [1, 0, 2] }],
  ['LSTM', 'recurrent.bias-missing', /the recurrent bias/, { recurrentBias: 0 }],
  ['GRU', 'recurrent.bias-missing', /the input bias/, { inputBias: 0 }],
  ['RNN', 'recurrent.bias-missing', /neither/, { inputBias: 0, recurrentBias: 0 }],
  ['LSTM', 'recurrent.forget-bias', /1 is added/, { forgetBias: 1 }],
  ['LSTM', 'recurrent.state-not-carried', /every step/, { carries: false }],
  ['GRU', 'recurrent.state-not-carried', /every step/, { carries: false }],
  ['GRU', 'recurrent.reset-placement', /after/, { resetLate: true }],
  ['GRU', 'recurrent.update-inverted', /swapped/, { inverted: true }],
  ['LSTM', 'recurrent.cell-activation', /Tanh of the cell state is left out/, { cell: (c) => c }],
  ['RNN', 'activation.wrong-function', /Relu/, { cell: (c) => Math.max(0, c) }],
];

describe('a recurrent layer', () => {
  for (const [op, cause, claim, wrong] of BUGS) {
    const { gates, cell } = CELLS[op];
    const { graph, values, p } = network(op, gates);
    const subject = fromNumbers('float32', [T, 1, B, H], run(cell, p, wrong));
    it(`is named ${cause} (${claim.source}) where ${op} has that bug`, () => {
      const site = diagnose({ graph, values, tensor: 'Y', subject });
      expect(site.cause?.id).toBe(cause);
      expect(site.cause?.claim).toMatch(claim);
    });
    it(`is named ${cause} (${claim.source}) of ${op} behind a layer that was not recorded`, () => {
      const site = diagnose({ graph, values, tensor: 'after_out', subject, recorded: [] });
      expect(site.cause?.id).toBe(cause);
    });
  }
  for (const [op, { gates, cell }] of Object.entries(CELLS)) {
    it(`computes ${op} rightly in these loops, and is given no cause for what no bug makes`, () => {
      const { graph, values, p } = network(op, gates);
      const right = run(cell, p, {});
      const reference = toNumbers(computed(graph, values, 'Y'));
      expect(Math.max(...right.map((x, i) => Math.abs(x - reference[i]!)))).toBeLessThan(1e-6);
      const other = fromNumbers(
        'float32',
        [T, 1, B, H],
        right.map((x, i) => x * (1 + 0.1 * Math.sin(7 * i))),
      );
      expect(diagnose({ graph, values, tensor: 'Y', subject: other }).cause).toBeNull();
    });
  }
  it('says up to which time step it was right', () => {
    const { graph, values, p } = network('LSTM', 4);
    const subject = fromNumbers('float32', [T, 1, B, H], run(lstmCell, p, { carries: false }));
    const { cause } = diagnose({ graph, values, tensor: 'Y', subject });
    expect(cause?.evidence).toContain('right up to time step 0, wrong from step 1 on');
  });
  it('is named recurrent.direction where the reverse output is not turned back, or runs forward', () => {
    const { graph, values } = network('GRU', 3, 'bidirectional');
    const right = computed(graph, values, 'Y');
    const data = toNumbers(right);
    const turned = data.map((x, i) => {
      const [t, rest] = [Math.floor(i / (2 * B * H)), i % (2 * B * H)];
      return rest < B * H ? x : data[(T - 1 - t) * 2 * B * H + rest]!;
    });
    const subject = fromNumbers('float32', right.shape, turned);
    expect(diagnose({ graph, values, tensor: 'Y', subject }).cause).toMatchObject({
      id: 'recurrent.direction',
      claim: expect.stringContaining('not turned back'),
    });
    const reverse = network('GRU', 3, 'reverse');
    const forward = fromNumbers('float32', [T, 1, B, H], run(gruCell, reverse.p, {}));
    const site = diagnose({ graph: reverse.graph, values: reverse.values, tensor: 'Y', subject: forward });
    expect(site.cause).toMatchObject({ id: 'recurrent.direction', claim: expect.stringContaining('runs forward') });
  });
  it('names both of two bugs in one layer', () => {
    const { graph, values, p } = network('LSTM', 4);
    const wrong = { order: [0, 2, 1, 3], recurrentBias: 0 };
    const subject = fromNumbers('float32', [T, 1, B, H], run(lstmCell, p, wrong));
    const site = diagnose({ graph, values, tensor: 'Y', subject });
    expect(new Set(site.candidates.map(({ id }) => id))).toEqual(
      new Set(['recurrent.gate-order', 'recurrent.bias-missing']),
    );
  });
});
