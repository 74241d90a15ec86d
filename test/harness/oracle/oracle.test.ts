import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { createOracle, type OracleRequest } from '../../../harness/oracle/index.ts';
import { float32, fromNumbers, sourceOf } from '../../../harness/tensor.ts';
import type { Attribute, Graph } from '../../../harness/types/graph.ts';
import type { TensorSource } from '../../../harness/types/tensor.ts';
import { distance, dot, norm, random } from './ops/_vjp-laws.ts';

const vector = (...numbers: number[]): TensorSource => sourceOf(float32([numbers.length], numbers));
const map = (entries: Record<string, TensorSource>) => new Map(Object.entries(entries));
const request = (
  inputs: Record<string, TensorSource>,
  values: Record<string, TensorSource> = {},
  gradients: Record<string, TensorSource> = {},
  loss: string | null = 'loss',
): OracleRequest => ({ inputs: map(inputs), values: map(values), gradients: map(gradients), loss });
const body = (graph: Graph): Attribute => ({ kind: 'graph', value: graph });

/** a = x·w, b = a + a, c = Relu(b), loss = Σ a·c; a is used three times. */
function small(): Graph {
  const b = new GraphBuilder('small', 21);
  b.input('x', 'float32', [3]);
  b.initializer('w', float32([3], [2, -1, 4]));
  b.node('Mul', ['x', 'w'], {}, { outputNames: ['a'] });
  b.node('Add', ['a', 'a'], {}, { outputNames: ['b'] });
  b.node('Relu', ['b'], {}, { outputNames: ['c'] });
  b.node('Mul', ['a', 'c'], {}, { outputNames: ['d'] });
  b.node('ReduceSum', ['d'], {}, { outputNames: ['loss'] });
  b.output('loss');
  return b.graph();
}
const x = vector(1, 2, 3);

describe('without cuts', () => {
  const oracle = createOracle(small(), request({ x }));

  it('computes every value from the inputs', () => {
    expect(Array.from(oracle.value('a').r64.data)).toEqual([2, -2, 12]);
    expect(Array.from(oracle.value('loss').r64.data)).toEqual([2 * 4 + 12 * 24]);
    expect(oracle.value('loss').r64.shape).toEqual([1]);
  });

  it('gives inputs and parameters as they were fed', () => {
    expect(Array.from(oracle.value('x').r64.data)).toEqual([1, 2, 3]);
    expect(Array.from(oracle.value('w').n32.data)).toEqual([2, -1, 4]);
  });

  it('sums the gradient over every use, also two by one node', () => {
    // loss = Σ 2a² where a > 0: d loss/d a = c + 2·a·[b > 0].
    expect(Array.from(oracle.gradient('a').r64.data)).toEqual([8, 0, 48]);
    expect(Array.from(oracle.gradient('x').r64.data)).toEqual([16, 0, 192]);
    expect(Array.from(oracle.gradient('w').n32.data)).toEqual([8, 0, 144]);
  });

  it('gives the loss the gradient 1', () => {
    expect(Array.from(oracle.gradient('loss').r64.data)).toEqual([1]);
  });
});

describe('cut tensors', () => {
  it('are what their uses read, while their producer computes on', () => {
    const oracle = createOracle(small(), request({ x }, { a: vector(5, 5, 5) }));
    expect(Array.from(oracle.value('a').r64.data)).toEqual([2, -2, 12]);
    expect(Array.from(oracle.value('b').r64.data)).toEqual([10, 10, 10]);
    expect(Array.from(oracle.gradient('a').r64.data)).toEqual([20, 20, 20]);
  });

  it('work for inputs and parameters too', () => {
    const oracle = createOracle(small(), request({ x }, { x: vector(1, 1, 1), w: vector(1, 1, 7) }));
    expect(Array.from(oracle.value('a').r64.data)).toEqual([1, 1, 7]);
    expect(Array.from(oracle.value('x').r64.data)).toEqual([1, 2, 3]);
  });

  it('with a recorded gradient answer with what arrives, and pass the recorded one on', () => {
    const oracle = createOracle(small(), request({ x }, {}, { c: vector(1, 10, 100) }));
    expect(Array.from(oracle.gradient('c').r64.data)).toEqual([2, -2, 12]);
    // b's only use is Relu, which is handed the recorded gradient of c.
    expect(Array.from(oracle.gradient('b').r64.data)).toEqual([1, 0, 100]);
    expect(Array.from(oracle.gradient('a').r64.data)).toEqual([4 + 2, 0, 24 + 200]);
  });

  it('need nothing from before the cut', () => {
    const oracle = createOracle(small(), request({}, { b: vector(1, -1, 2) }));
    expect(Array.from(oracle.value('c').r64.data)).toEqual([1, 0, 2]);
    expect(() => oracle.value('a').r64).toThrow(/E_INPUT.*x/);
  });

  it('recorded in another float type are those of the network: every digit for R64, rounded for N32', () => {
    const fine = sourceOf(fromNumbers('float64', [1], [0.1]));
    const { r64, n32 } = createOracle(small(), request({ x }, { b: fine })).value('c');
    expect([r64.dtype, r64.data[0], n32.data[0]]).toEqual(['float32', 0.1, Math.fround(0.1)]);
  });

  it('are read no sooner than they are asked for', () => {
    let reads = 0;
    const b: TensorSource = { ...vector(1, 2, 3), read: () => (reads++, vector(1, 2, 3).read()) };
    const oracle = createOracle(small(), request({ x }, { b }));
    expect(Array.from(oracle.value('a').r64.data)).toEqual([2, -2, 12]);
    expect(oracle.supports('loss', 'backward')).toBeNull();
    expect(reads).toBe(0);
  });
});

describe('a tensor from which nothing leads to the loss', () => {
  it('has zeros for a gradient', () => {
    const b = new GraphBuilder('side', 21);
    b.input('x', 'float32', [2, 3]);
    b.node('ReduceSum', ['x'], {}, { outputNames: ['loss'] });
    b.node('Exp', ['x'], {}, { outputNames: ['aside'] });
    b.node('Sign', ['aside'], {}, { outputNames: ['end'] });
    const oracle = createOracle(b.graph(), request({ x: sourceOf(float32([2, 3], [1, 2, 3, 4, 5, 6])) }));
    expect(oracle.gradient('aside').r64).toMatchObject({ shape: [2, 3], data: new Float64Array(6) });
    expect(Array.from(oracle.gradient('x').r64.data)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('has zeros behind an operator whose derivative is zero', () => {
    const b = new GraphBuilder('steps', 21);
    b.input('x', 'float32', [3]);
    b.node('Floor', ['x'], {}, { outputNames: ['f'] });
    b.node('ReduceSum', ['f'], {}, { outputNames: ['loss'] });
    expect(Array.from(createOracle(b.graph(), request({ x })).gradient('x').r64.data)).toEqual([0, 0, 0]);
  });
});

describe('kinks', () => {
  /** h = x·w, r = Relu(h), y = M r, loss = Σ y·v. */
  function kinked(): Graph {
    const b = new GraphBuilder('kinked', 21);
    b.input('x', 'float32', [3]);
    b.initializer('w', float32([3], [1, 1, 1]));
    b.initializer('m', float32([3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]));
    b.node('Sub', ['x', 'w'], {}, { outputNames: ['h'] });
    b.node('Relu', ['h'], {}, { outputNames: ['r'] });
    b.node('MatMul', ['r', 'm'], {}, { outputNames: ['y'] });
    b.node('ReduceSum', ['y'], {}, { outputNames: ['loss'] });
    return b.graph();
  }

  it('give slack where a recorded input of Relu is exactly 0, and nowhere else', () => {
    const oracle = createOracle(kinked(), request({ x }, { h: vector(-1e-9, 0, 2) }));
    const { r64, slack } = oracle.gradient('h');
    expect(Array.from(r64.data)).toEqual([0, 0, 24]);
    expect(Array.from(slack!)).toEqual([0, 15, 0]);
  });

  it('give no slack where nothing is near one', () => {
    expect(createOracle(kinked(), request({ x: vector(2, 3, -1) })).gradient('h').slack).toBeNull();
  });

  it('pass their slack on inside a segment of which nothing is recorded', () => {
    const free = createOracle(kinked(), request({ x: vector(1, 3, 4) }));
    expect(free.gradient('x').slack![0]).toBeGreaterThanOrEqual(6);
    expect(Array.from(free.gradient('w').slack!, (s) => s > 0)).toEqual([true, false, false]);
    const cut = createOracle(kinked(), request({ x: vector(1, 3, 4) }, {}, { h: vector(1, 1, 1) }));
    expect(cut.gradient('x').slack).toBeNull();
  });

  it('are as wide as the float32 noise of a computed input', () => {
    const b = new GraphBuilder('noisy', 21);
    b.input('x', 'float32', [2, 1000]);
    b.node(
      'ReduceSum',
      ['x', b.initializer('axes', { dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) })],
      {},
      { outputNames: ['s'] },
    );
    b.node('Relu', ['s'], {}, { outputNames: ['r'] });
    b.node('ReduceSum', ['r'], {}, { outputNames: ['loss'] });
    // 500 numbers and their opposites in another order: 0 in exact arithmetic, rounding noise in float32.
    const some = random([500], 5, 1, 100).data;
    const row = [...some, ...some.toReversed().map((v) => -v)];
    const source = sourceOf(float32([2, 1000], [...row, ...row.map((v) => Math.abs(v))]));
    const { slack } = createOracle(b.graph(), request({ x: source })).gradient('s');
    expect(Array.from(slack!)).toEqual([1, 0]);
  });
});

describe('signs that an honest float16 run flips', () => {
  const [rows, width, layers] = [32, 48, 8];
  const b = new GraphBuilder('flips', 21);
  const half = (shape: readonly number[], seed: number, scale: number) =>
    fromNumbers('float16', shape, random(shape, seed, -scale, scale).data);
  let at = b.input('x', 'float16', [rows, width]);
  for (let l = 0; l < layers; l++) {
    b.initializer(`w${l}`, half([width, width], l + 1, Math.sqrt(6 / width)));
    at = b.node('MatMul', [at, `w${l}`], {}, { outputNames: [`m${l}`] });
    at = b.node('Relu', [at]);
  }
  b.initializer('v', half([width, 7], 99, 0.1));
  b.node('ReduceSum', [b.node('MatMul', [at, 'v'])], {}, { outputNames: ['loss'] });
  const oracle = createOracle(b.graph(), request({ x: sourceOf(half([rows, width], 77, 1)) }));

  it('move gradients by far more than the unit of the type, and all of that is slack', () => {
    let flips = 0;
    for (let l = 0; l < layers; l++) {
      const { r64, n32 } = oracle.value(`m${l}`);
      flips += r64.data.filter((x, i) => x > 0 !== n32.data[i]! > 0).length;
    }
    expect(flips).toBeGreaterThan(0);
    for (const name of ['w0', 'w3', 'm0', 'x']) {
      const { r64, n32, slack } = oracle.gradient(name);
      const apart = r64.data.map((x, i) => Math.abs(x - n32.data[i]!));
      const rest = apart.map((e, i) => Math.max(0, e - slack![i]!));
      expect([name, norm(apart) / norm(r64.data) > 8 * 2 ** -11]).toEqual([name, true]);
      expect([name, norm(rest) / norm(r64.data) <= 2 * 2 ** -11]).toEqual([name, true]);
    }
  });
});

describe('a chain of 5,000 nodes', () => {
  it('is computed forwards and backwards without recursion', () => {
    const b = new GraphBuilder('chain', 21);
    let at = b.input('x', 'float32', [3]);
    for (let i = 0; i < 5000; i++) at = b.node(i % 2 ? 'Neg' : 'Identity', [at]);
    b.node('ReduceSum', [at], {}, { outputNames: ['loss'] });
    const oracle = createOracle(b.graph(), request({ x }));
    expect(Array.from(oracle.value('loss').r64.data)).toEqual([6]);
    expect(Array.from(oracle.gradient('x').r64.data)).toEqual([1, 1, 1]);
    expect(oracle.supports('x', 'backward')).toBeNull();
  });
});

describe('what is not implemented', () => {
  const b = new GraphBuilder('unknown', 21);
  b.input('x', 'float32', [3]);
  b.node('Relu', ['x'], {}, { outputNames: ['r'] });
  b.node('Frobnicate', ['r'], {}, { outputNames: ['f'] });
  b.node('ReduceSum', ['f'], {}, { outputNames: ['loss'] });
  const graph = b.graph();

  it('is named by supports(), and stops only what needs it', () => {
    const oracle = createOracle(graph, request({ x }));
    expect(oracle.supports('r', 'forward')).toBeNull();
    expect(oracle.supports('loss', 'forward')).toMatch(/Frobnicate/);
    expect(oracle.supports('x', 'backward')).toMatch(/Frobnicate/);
    // The product of ReduceSum reads the shape of f, which nothing computes.
    expect(oracle.supports('f', 'backward')).toMatch(/Frobnicate/);
    expect(Array.from(oracle.value('r').r64.data)).toEqual([1, 2, 3]);
    expect(() => oracle.value('loss')).toThrow(/E_UNSUPPORTED.*Frobnicate.*\d+ operators/);
    expect(() => oracle.gradient('x')).toThrow(/E_UNSUPPORTED.*Frobnicate/);
  });

  it('does not matter behind a cut', () => {
    const oracle = createOracle(graph, request({ x }, { f: vector(1, 2, 3) }, { r: vector(5, 6, 7) }));
    expect(oracle.supports('loss', 'forward')).toBeNull();
    expect(Array.from(oracle.value('loss').r64.data)).toEqual([6]);
    expect(Array.from(oracle.gradient('x').r64.data)).toEqual([5, 6, 7]);
  });
});

describe('errors', () => {
  it('name a tensor that the graph does not have, and an input that is not fed', () => {
    const oracle = createOracle(small(), request({}));
    expect(() => oracle.value('nonsense').r64).toThrow(/E_INPUT.*nonsense.*no such tensor/);
    expect(() => oracle.value('loss').r64).toThrow(/E_INPUT.*x.*not fed/);
  });

  it('say that a loss is not a scalar', () => {
    const oracle = createOracle(small(), request({ x }, {}, {}, 'd'));
    expect(() => oracle.gradient('a')).toThrow(/E_LOSS.*\[3\]/);
  });
});

describe('sub-graphs', () => {
  /** y = Loop over (carried·k + x), k captured from outside, 3 times; then If on a constant. */
  function looping(): Graph {
    const inner = new GraphBuilder('body', 21);
    inner.input('i', 'int64', []);
    inner.input('going', 'bool', []);
    inner.input('carried', 'float32', [3]);
    inner.node('Mul', ['carried', 'k'], {}, { outputNames: ['scaled'] });
    inner.node('Add', ['scaled', 'x'], {}, { outputNames: ['next'] });
    inner.node('Identity', ['going'], {}, { outputNames: ['still'] });
    for (const name of ['still', 'next', 'scaled']) inner.output(name);
    const taken = new GraphBuilder('then', 21);
    taken.output(taken.node('Neg', ['y']));
    const other = new GraphBuilder('else', 21);
    other.output(other.node('Frobnicate', ['y']));
    const b = new GraphBuilder('outer', 21);
    b.input('x', 'float32', [3]);
    b.input('flag', 'bool', []);
    b.initializer('trips', { dtype: 'int64', shape: [], data: BigInt64Array.of(3n) });
    b.initializer('k', float32([], [2]));
    b.nodes('Loop', ['trips', '', 'x'], { body: body(inner.graph()) }, { outputNames: ['y', 'steps'] });
    b.node(
      'If',
      ['flag'],
      { then_branch: body(taken.graph()), else_branch: body(taken.graph()) },
      { outputNames: ['z'] },
    );
    b.node(
      'If',
      ['flag'],
      { then_branch: body(taken.graph()), else_branch: body(other.graph()) },
      { outputNames: ['q'] },
    );
    b.node('ReduceSum', ['z'], {}, { outputNames: ['loss'] });
    return b.graph();
  }
  const flag = sourceOf({ dtype: 'bool', shape: [], data: Uint8Array.of(1) });

  it('see the tensors around them', () => {
    const oracle = createOracle(looping(), request({ x, flag }));
    expect(Array.from(oracle.value('y').r64.data)).toEqual([15, 30, 45]);
    expect(oracle.value('steps').r64.shape).toEqual([3, 3]);
    expect(Array.from(oracle.value('z').r64.data)).toEqual([-15, -30, -45]);
  });

  it('read the recorded value of a tensor that is cut', () => {
    const oracle = createOracle(looping(), request({ x, flag }, { k: sourceOf(float32([], [1])), y: vector(7, 7, 7) }));
    expect(Array.from(oracle.value('y').r64.data)).toEqual([4, 8, 12]);
    expect(Array.from(oracle.value('z').r64.data)).toEqual([-7, -7, -7]);
  });

  it('say by name what they lack, and that no gradient leads through them', () => {
    const oracle = createOracle(looping(), request({ x, flag }));
    expect(oracle.supports('q', 'forward')).toMatch(/Frobnicate/);
    expect(oracle.supports('x', 'backward')).toMatch(/Loop/);
    expect(() => oracle.gradient('y')).toThrow(/E_UNSUPPORTED.*If/);
  });
});

describe('types', () => {
  function cube(dtype: 'float16' | 'float64' | 'bfloat16' | 'float32'): Graph {
    const b = new GraphBuilder('cube', 21);
    b.input('x', dtype, [5]);
    b.node('Mul', ['x', 'x'], {}, { outputNames: ['square'] });
    b.node('Mul', ['square', 'x'], {}, { outputNames: ['cube'] });
    b.node('ReduceSum', ['cube'], {}, { outputNames: ['loss'] });
    return b.graph();
  }
  it.each([
    ['float16', 2 ** -11],
    ['bfloat16', 2 ** -8],
    ['float32', 2 ** -24],
    ['float64', 0],
  ] as const)('N32 of %s strays by the unit of that type', (dtype, unit) => {
    const source = sourceOf(fromNumbers(dtype, [5], random([5], 3, 1, 2).data));
    const oracle = createOracle(cube(dtype), request({ x: source }));
    for (const { r64, n32 } of [oracle.value('cube'), oracle.gradient('x')]) {
      const strayed = distance(n32.data, r64.data) / norm(r64.data);
      expect(strayed <= 3 * unit).toBe(true);
      expect(strayed > 0).toBe(unit > 0);
    }
  });
});

describe('the whole backward pass', () => {
  it('is the derivative of the whole forward pass, on a network with branches', () => {
    const b = new GraphBuilder('net', 21);
    b.input('x', 'float64', [5, 7]);
    b.initializer('w', fromNumbers('float64', [7, 3], random([7, 3], 1).data));
    b.node('MatMul', ['x', 'w'], {}, { outputNames: ['h'] });
    b.node('Tanh', ['h'], {}, { outputNames: ['t'] });
    b.node('Sigmoid', ['h'], {}, { outputNames: ['s'] });
    b.node('Mul', ['t', 's'], {}, { outputNames: ['p'] });
    b.node('Add', ['p', 'h'], {}, { outputNames: ['q'] });
    b.node('ReduceLogSumExp', ['q'], { keepdims: { kind: 'int', value: 0 } }, { outputNames: ['loss'] });
    const graph = b.graph();
    const at = random([5, 7], 2).data;
    const lossOf = (data: Float64Array): number =>
      createOracle(graph, request({ x: sourceOf(fromNumbers('float64', [5, 7], data)) })).value('loss').r64.data[0]!;
    const gradient = createOracle(graph, request({ x: sourceOf(fromNumbers('float64', [5, 7], at)) })).gradient(
      'x',
    ).r64;
    for (let trial = 0; trial < 5; trial++) {
      const v = random([35], 100 + trial).data;
      const moved = (by: number) => lossOf(at.map((e, i) => e + by * v[i]!));
      const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
      expect(Math.abs(slope - dot(gradient.data, v)) <= 1e-8 * (1 + Math.abs(slope))).toBe(true);
    }
  });
});
