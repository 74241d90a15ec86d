/**
 * More lines of what some well-known comparator gets wrong, by their numbers (the others are in acceptance.test.ts, A7 and A28 in
 * cli/optimizer.test.ts): sizes that a bug needs to show itself, names that contain each other, exit codes, inputs that can be made again,
 * steps of differences for every size of number, permutations that are not their own inverse.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { encodeModel, GraphBuilder } from '../adapters/onnx/index.ts';
import { referenceOf } from '../adapters/onnxruntime/index.ts';
import { writeTrace } from '../adapters/trace/index.ts';
import { ints } from '../adapters/onnx/rule.ts';
import { run } from '../cli/run.ts';
import { derivativeOf } from '../harness/checks/differences.ts';
import { FLOAT32, FLOAT64 } from '../harness/checks/gradient-check.ts';
import { madeUpInputs } from '../harness/checks/made-up-inputs.ts';
import { sourceOf, toNumbers } from '../harness/tensor.ts';
import type { Graph } from '../harness/types/graph.ts';
import type { TensorSource } from '../harness/types/tensor.ts';
import { benchOf, changed, checked, faults, random, rowOf } from './support/bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'layerdiff-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** y = ReLU(x) for any batch. */
function relu(rows: number | string): Graph {
  const b = new GraphBuilder('relu', 17);
  b.input('x', 'float32', [rows, 7]);
  b.output(b.node('Relu', ['x'], {}, { name: 'relu', outputNames: ['y'] }), 'float32', [rows, 7]);
  return b.graph();
}

/** A loop over vectors of four that leaves what is behind the last full one. */
const inFours = (x: Float64Array): Float64Array => {
  const whole = x.length - (x.length % 4);
  return x.map((v, i) => (i < whole ? Math.max(0, v) : v));
};

describe('sizes', () => {
  it.each([
    [4, []],
    [8, []],
    [5, ['forward y']],
    [3, ['forward y']],
    [1, ['forward y']],
  ])('A29: a tail that a vector loop leaves shows with a batch of %p: %p', async (rows, found) => {
    const x = random([rows, 7], rows);
    const bench = await benchOf(relu('batch'), { x });
    const spoiled = changed(bench.trace, 'forward', 'y', () => inFours(toNumbers(x)));
    expect(faults(await checked(bench, spoiled))).toEqual(found);
  });

  it('hole 19: a backward pass by the forward permutation is found, also where the axes are equal; a swap of two hides it', async () => {
    const findings = async (perm: readonly number[]) => {
      const b = new GraphBuilder('transpose', 17);
      b.input('x', 'float32', [3, 3, 3]);
      b.output(
        b.node('Transpose', ['x'], { perm: ints(perm) }, { name: 'transpose', outputNames: ['y'] }),
        'float32',
        null,
      );
      const bench = await benchOf(b.graph(), { x: random([3, 3, 3], 1) });
      const seed = random([3, 3, 3], 2);
      const dy = toNumbers(seed);
      // dx[i] should be dy at the inverse permutation; here the forward one is used again.
      const at = (i: number) => [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
      const dx = dy.map((_, i) => {
        const moved = perm.map((axis) => at(i)[axis] as number);
        const inverse = [0, 1, 2].map((axis) => at(i)[perm.indexOf(axis)] as number);
        const [p, q, r] = perm.every((axis, k) => perm[axis] === k) ? moved : inverse;
        return dy[(p as number) * 9 + (q as number) * 3 + (r as number)] as number;
      });
      const gradients = new Map<string, TensorSource>([
        ['y', sourceOf(seed)],
        ['x', sourceOf({ dtype: 'float32', shape: [3, 3, 3], data: Float32Array.from(dx) })],
      ]);
      return faults(await checked(bench, { ...bench.trace, gradients }, { seeds: ['y'] }));
    };
    expect(await findings([1, 2, 0])).toEqual(['backward x']);
    expect(await findings([1, 0, 2])).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    ['conv1', 'conv10'],
    ['conv10', 'conv1'],
  ])(
    'hole 8: a recorded %s is compared with its like, and never with %s, which is told to be missing',
    async (held, lacking) => {
      const b = new GraphBuilder('names', 17);
      b.input('x', 'float32', [5, 7]);
      b.node('Relu', ['x'], {}, { outputNames: ['conv10'] });
      b.node('Neg', ['conv10'], {}, { outputNames: ['conv1'] });
      b.output(b.node('Exp', ['conv1'], {}, { outputNames: ['y'] }), 'float32', [5, 7]);
      const bench = await benchOf(b.graph(), { x: random([5, 7], 1) });
      const values = new Map([...bench.trace.values].filter(([name]) => name !== lacking));
      const report = await checked(bench, { ...bench.trace, values });
      expect(rowOf(report, 'forward', held)).toMatchObject({ subjectName: held, verdict: 'match' });
      expect(report.unseen).toContainEqual({ tensor: lacking, missing: 'subject' });
      expect(faults(report)).toEqual([]);
    },
  );
});

describe('the command line', () => {
  it('hole 10: a NaN where the reference is finite does not exit with 0', async () => {
    const bench = await benchOf(relu(5), { x: random([5, 7], 1) });
    const model = join(folder, 'relu.onnx');
    writeFileSync(model, encodeModel(relu(5)));
    const exit = async (name: string, spoil: (y: Float64Array) => Float64Array): Promise<number> => {
      const trace = join(folder, `${name}.safetensors`);
      writeTrace(trace, changed(bench.trace, 'forward', 'y', spoil));
      const out = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
      const err = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
      try {
        return Number(await run(['check', trace, '--reference', model]));
      } finally {
        out.mockRestore();
        err.mockRestore();
      }
    };
    expect(await exit('right', (y) => y)).toBe(0);
    expect(await exit('nan', (y) => y.map((v, i) => (i === 3 ? Number.NaN : v)))).toBe(1);
  });
});

describe('made-up inputs', () => {
  const graph = (): Graph => {
    const b = new GraphBuilder('look-up', 17);
    b.input('x', 'float32', [5, 7]);
    b.input('rows', 'int64', [101]);
    b.initializer('table', random([11, 7], 1));
    b.output(b.node('Gather', ['table', 'rows'], {}, { outputNames: ['y'] }), 'float32', null);
    return b.graph();
  };
  const made = async (seed: number) => {
    const reference = await referenceOf({ graph: graph(), irVersion: 9, producer: 'test' }, 'model');
    const inputs = await madeUpInputs(graph(), reference.describe, seed);
    return [...inputs].map(([name, source]) => [name, ...toNumbers(source.read())]);
  };

  it('hole 12: are the same for the same seed, and others for another', async () => {
    expect(await made(3)).toEqual(await made(3));
    expect(await made(3)).not.toEqual(await made(4));
  });

  it('hole 13: keep to the range that their use allows', async () => {
    const rows = (await made(3))[1]?.slice(1) as number[];
    expect([Math.min(...rows), Math.max(...rows)]).toEqual([0, 10]);
  });
});

describe('a numeric gradient', () => {
  it.each([1e-30, 1e-19, 1e-6, 1, 1e6, 1e20])(
    'hole 16: is not zero for numbers around %p, in either type',
    async (size) => {
      for (const { steps, round } of [
        { steps: { ...FLOAT64, noise: 2 ** -52 }, round: (x: number) => x },
        { steps: { ...FLOAT32, noise: 2 ** -23 }, round: Math.fround },
      ]) {
        // f(x) = (x / size)² at x = 0.7 size; along the line, t = 1 is as far as x is large.
        const f = (t: number): number => round(round((round(0.7 * size) + round(t * size)) / size) ** 2);
        const found = await derivativeOf(f, f(0), 1, steps);
        expect(Math.abs((found?.value ?? 0) - 1.4)).toBeLessThan(0.02);
      }
    },
  );
});

describe('a repeated layer', () => {
  it('hole 15: two uses of one layer are two tensors, each compared', async () => {
    const b = new GraphBuilder('twice', 17);
    b.input('x', 'float32', [5, 7]);
    b.initializer('w', random([7, 7], 3));
    const first = b.node('MatMul', ['x', 'w'], {}, { name: 'shared.0', outputNames: ['shared.0'] });
    b.output(b.node('MatMul', [first, 'w'], {}, { name: 'shared.1', outputNames: ['shared.1'] }), 'float32', null);
    const bench = await benchOf(b.graph(), { x: random([5, 7], 1) });
    for (const name of ['shared.0', 'shared.1']) {
      const report = await checked(
        bench,
        changed(bench.trace, 'forward', name, (y) => y.map((v, i) => (i === 3 ? v + 1 : v))),
      );
      expect(rowOf(report, 'forward', name).verdict).toBe('mismatch');
      expect(faults(report)[0]).toBe(`forward ${name}`);
    }
  });
});
