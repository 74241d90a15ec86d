/** Subjects of every type, through the whole check: each is judged at what its own type can hold. */
import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../adapters/onnx/index.ts';
import { int, ints } from '../adapters/onnx/rule.ts';
import { recordReference } from '../harness/record.ts';
import { roundToBfloat16, roundToFloat16 } from '../harness/numerics/float16.ts';
import { uniform } from '../harness/numerics/random.ts';
import { float32, fromNumbers, toNumbers } from '../harness/tensor.ts';
import type { Graph } from '../harness/types/graph.ts';
import type { DataType, Shape, Tensor } from '../harness/types/tensor.ts';
import { type Bench, benchOf, changed, checked, faults, random, rowOf, stored } from './support/bench.ts';

const scalar = (dtype: DataType, x: number): Tensor => fromNumbers(dtype, [], [x]);

/** Whole numbers of a type, at random. */
function whole(dtype: DataType, shape: Shape, seed: number, low: number, high: number): Tensor {
  const next = uniform(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return fromNumbers(
    dtype,
    shape,
    Float64Array.from({ length: size }, () => low + Math.floor(next() * (high - low + 1))),
  );
}

/** x quantised by a scale of 1/4: 0.125 and its odd multiples are ties. */
function quantiser(dtype: DataType): Graph {
  const b = new GraphBuilder('quantise', 21);
  b.input('x', 'float32', [5, 7]);
  b.initializer('scale', scalar('float32', 0.25));
  b.initializer('zero', scalar(dtype, 3));
  b.output(
    b.node('QuantizeLinear', ['x', 'scale', 'zero'], {}, { name: 'quantise', outputNames: ['q'] }),
    dtype,
    [5, 7],
  );
  return b.graph();
}

const move = (at: number, by: number) => (q: Float64Array) => q.map((v, i) => (i === at ? v + by : v));

describe.each(['int8', 'uint8'] as const)('a quantised tensor of %s', (dtype) => {
  // 12.5 steps at place 11, far from a tie elsewhere.
  const x = float32(
    [5, 7],
    Float64Array.from({ length: 35 }, (_, i) => (i === 11 ? 3.125 : 0.25 * i + 0.05)),
  );
  const bench = benchOf(quantiser(dtype), { x });

  it('matches where it is the framework’s', async () => {
    const report = await checked(await bench);
    expect([report.outcome, rowOf(report, 'forward', 'q').band]).toEqual(['match', 'same']);
  });

  it('is rounded at a tie, one way or the other', async () => {
    const { trace } = await bench;
    const at = toNumbers((trace.values.get('q') as { read(): Tensor }).read())[11] as number;
    const report = await checked(await bench, changed(trace, 'forward', 'q', move(11, at === 15 ? 1 : -1)));
    const row = rowOf(report, 'forward', 'q');
    expect([report.outcome, row.verdict, row.band]).toEqual(['match', 'match', 'rounding']);
    expect(row.allowed?.because).toMatch(
      /within half a step of the exact value .* 1 of 35 elements differ .*, 0 of them elsewhere than at a tie/,
    );
  });

  it('is wrong where it is a step off elsewhere, or two steps off at a tie', async () => {
    const { trace } = await bench;
    for (const spoil of [move(12, 1), move(12, -1), move(11, 2), move(11, -2)]) {
      const report = await checked(await bench, changed(trace, 'forward', 'q', spoil));
      expect([faults(report), rowOf(report, 'forward', 'q').band]).toEqual([['forward q'], 'wrong']);
    }
  });

  it('is held to be equal where that was chosen', async () => {
    const { trace } = await bench;
    const { exact } = await import('../harness/tolerances/exact.ts');
    const at = toNumbers((trace.values.get('q') as { read(): Tensor }).read())[11] as number;
    const options = { tolerances: [{ glob: '*', tolerance: exact }] };
    const report = await checked(await bench, changed(trace, 'forward', 'q', move(11, at === 15 ? 1 : -1)), options);
    expect(report.outcome).toBe('mismatch');
  });
});

describe('quantised layers', () => {
  /** y of each in steps: 8-bit operands, scales that are no powers of two. */
  function layers(): Graph {
    const b = new GraphBuilder('qlinear', 21);
    b.input('a', 'uint8', [2, 3, 5, 5]);
    b.input('m', 'int8', [5, 7]);
    const s = (name: string, x: number) => b.initializer(name, scalar('float32', x));
    const z = (name: string, dtype: DataType, x: number) => b.initializer(name, scalar(dtype, x));
    b.initializer('w', whole('int8', [4, 3, 3, 3], 3, -90, 90));
    b.initializer('r', whole('int8', [7, 11], 4, -90, 90));
    const conv = [
      'a',
      s('sa', 0.031),
      z('za', 'uint8', 117),
      'w',
      s('sw', 0.017),
      z('zw', 'int8', 0),
      s('sy', 0.31),
      z('zy', 'uint8', 121),
    ];
    b.output(
      b.node('QLinearConv', conv, { pads: ints([1, 1, 1, 1]), group: int(1) }, { outputNames: ['y'] }),
      'uint8',
      null,
    );
    const product = [
      'm',
      s('sm', 0.031),
      z('zm', 'int8', 3),
      'r',
      s('sr', 0.017),
      z('zr', 'int8', 0),
      s('sp', 0.21),
      z('zp', 'int8', -5),
    ];
    b.output(b.node('QLinearMatMul', product, {}, { outputNames: ['p'] }), 'int8', null);
    return b.graph();
  }
  const bench: Promise<Bench> = benchOf(layers(), {
    a: whole('uint8', [2, 3, 5, 5], 1, 0, 255),
    m: whole('int8', [5, 7], 2, -120, 120),
  });

  it('match as the framework computes them', async () => {
    const report = await checked(await bench);
    expect([report.outcome, rowOf(report, 'forward', 'y').verdict, rowOf(report, 'forward', 'p').verdict]).toEqual([
      'match',
      'match',
      'match',
    ]);
  });

  it.each(['y', 'p'])('are wrong where one element of %s is a step off', async (name) => {
    const { trace } = await bench;
    const middle = (q: Float64Array) => q.findIndex((v) => v > 10 && v < 100);
    const report = await checked(
      await bench,
      changed(trace, 'forward', name, (q) => q.map((v, i) => (i === middle(q) ? v + 1 : v))),
    );
    expect(faults(report)).toEqual([`forward ${name}`]);
  });
});

/** Two layers and a loss. */
function network(): Graph {
  const b = new GraphBuilder('net', 17);
  b.input('x', 'float32', [13, 67]);
  b.initializer('w1', random([67, 31], 2, 0, 0.12));
  b.initializer('w2', random([31, 7], 3, 0, 0.18));
  const h = b.node(
    'Tanh',
    [b.node('MatMul', ['x', 'w1'], {}, { name: 'first', outputNames: ['a'] })],
    {},
    { outputNames: ['h'] },
  );
  const y = b.node('MatMul', [h, 'w2'], {}, { name: 'second', outputNames: ['y'] });
  b.output(
    b.node('ReduceMean', [b.node('Mul', [y, y])], { keepdims: int(0) }, { outputNames: ['loss'] }),
    'float32',
    [],
  );
  return b.graph();
}

describe.each([
  ['float16', roundToFloat16],
  ['bfloat16', roundToBfloat16],
] as const)('a subject that stores %s', (dtype, round) => {
  const bench = benchOf(network(), { x: fromNumbers('float32', [13, 67], toNumbers(random([13, 67], 1)).map(round)) });
  const narrow = async (): Promise<Bench> => {
    const { trace, ...rest } = await bench;
    return { ...rest, trace: storedAs(trace, dtype) };
  };
  const storedAs = (trace: Bench['trace'], type: DataType) => {
    // Parameters and inputs are what both were given.
    const kept = new Map([...trace.values].filter(([name]) => ['x', 'w1', 'w2'].includes(name)));
    const all = stored(trace, type);
    return { ...all, values: new Map([...all.values, ...kept]) };
  };

  it('matches where it is right, in both directions, and is judged at its own unit', async () => {
    const mine = await narrow();
    const report = await checked(mine);
    expect(faults(report)).toEqual([]);
    expect(rowOf(report, 'forward', 'y')).toMatchObject({ dtype, verdict: 'match' });
    expect(rowOf(report, 'backward', 'w1').verdict).toBe('match');
    expect(rowOf(report, 'forward', 'y').allowed?.because).toContain(`rounding to ${dtype}`);
  });

  it('is found wrong by a few of its own units, not by a fraction of one', async () => {
    const mine = await narrow();
    const unit = dtype === 'float16' ? 2 ** -11 : 2 ** -8;
    const scaled = (units: number) => changed(mine.trace, 'forward', 'y', (y) => y.map((v) => v * (1 + units * unit)));
    expect(faults(await checked(mine, scaled(0.2)))).toEqual([]);
    expect(faults(await checked(mine, scaled(40)))[0]).toBe('forward y');
  });

  it('is found wrong backward', async () => {
    const mine = await narrow();
    const spoiled = changed(mine.trace, 'backward', 'w2', (g) => g.map((v) => 1.3 * v));
    expect(faults(await checked(mine, spoiled))).toEqual(['backward w2']);
  });
});

describe('a subject in float64', () => {
  /** The same network in float64 throughout. */
  function double(): Graph {
    const b = new GraphBuilder('net64', 17);
    b.input('x', 'float64', [13, 67]);
    const wide = (t: Tensor) => fromNumbers('float64', t.shape, toNumbers(t));
    b.initializer('w', wide(random([67, 31], 2)));
    const a = b.node('MatMul', ['x', 'w'], {}, { name: 'product', outputNames: ['a'] });
    b.output(b.node('Tanh', [a], {}, { outputNames: ['h'] }), 'float64', null);
    return b.graph();
  }
  const bench = benchOf(double(), { x: fromNumbers('float64', [13, 67], toNumbers(random([13, 67], 1))) });

  it('matches where it is right', async () => {
    const { reference, inputs } = await bench;
    const report = await checked({ reference, inputs, trace: await recordReference(reference, inputs, null) });
    expect([report.outcome, rowOf(report, 'forward', 'a').dtype]).toEqual(['match', 'float64']);
  });

  it('is wrong where it computed in float32', async () => {
    const { trace } = await bench;
    const spoiled = changed(trace, 'forward', 'a', (a) => a.map(Math.fround));
    const report = await checked(await bench, spoiled);
    expect(faults(report)).toEqual(['forward a', 'forward h'].filter((fault) => faults(report).includes(fault)));
    expect(faults(report)[0]).toBe('forward a');
  });
});

describe('a float32 network recorded in float64', () => {
  it('matches where its layers compute in float64 on their own values', async () => {
    const bench = await benchOf(network(), { x: random([13, 67], 1) });
    const report = await checked(bench, stored(bench.trace, 'float64'));
    expect(report.outcome).toBe('match');
  });
});
