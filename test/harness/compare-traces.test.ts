import { describe, expect, it } from '@jest/globals';
import { compareTraces } from '../../harness/compare-traces.ts';
import { float32, fromNumbers, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { changed, faults, random, stored, without } from '../support/bench.ts';

const values = { x: random([5, 7], 1), h: random([5, 11], 2), image: random([2, 3, 5, 7], 3), loss: random([], 4) };
const gradients = { h: random([5, 11], 5), x: random([5, 7], 6) };
const sources = (tensors: Record<string, ReturnType<typeof random>>) =>
  new Map(Object.entries(tensors).map(([n, t]) => [n, sourceOf(t)]));
const TRACE: Trace = {
  values: sources(values),
  gradients: sources(gradients),
  updates: new Map(),
  states: new Map(),
  metadata: { producer: 'test', order: ['x', 'h', 'image', 'loss'], iteration: 0, axes: new Map(), groups: new Map() },
};

const host = { now: () => 0, peakBytes: () => 0 };
const compared = (subject: Trace, reference: Trace = TRACE, map?: ReadonlyMap<string, string>) =>
  compareTraces(
    { name: 'a', trace: subject },
    { name: 'b', trace: reference },
    { host, rerun: '', ...(map ? { map } : {}) },
  );
const spoilt = (name: string, change: (x: number, i: number) => number) =>
  changed(TRACE, 'forward', name, (d) => d.map(change));

const oneTensor = (source: TensorSource): Trace => ({
  ...TRACE,
  values: new Map([['t', source]]),
  gradients: new Map(),
  metadata: { ...TRACE.metadata, order: ['t'] },
});

/** A source that gives its elements in parts only, and notes how many were asked for. */
const inParts = ({ dtype, shape, data }: Tensor, asked: number[]): TensorSource => ({
  dtype,
  shape,
  read: () => {
    throw new Error('read whole');
  },
  part: (from, to) => {
    asked.push(to - from);
    return { dtype, shape: [to - from], data: data.slice(from, to) as Tensor['data'] };
  },
});

describe('two traces', () => {
  it('match where they are equal, or equal but for honest rounding', async () => {
    expect((await compared(TRACE)).outcome).toBe('match');
    expect((await compared(spoilt('h', (x, i) => x * (1 + 1e-6 * Math.sin(i))))).outcome).toBe('match');
  });

  it.each(['float16', 'bfloat16', 'float64'] as const)('match where one was stored in %s', async (dtype) => {
    expect((await compared(stored(TRACE, dtype))).outcome).toBe('match');
    expect((await compared(TRACE, stored(TRACE, dtype))).outcome).toBe('match');
  });

  it('differ in their order of execution, forward, and against it, backward', async () => {
    const two = {
      ...spoilt('image', (x) => x + 1),
      gradients: changed(
        changed(TRACE, 'backward', 'x', (d) => d.map((v) => -v)),
        'backward',
        'h',
        (d) => d.map((v) => -v),
      ).gradients,
    };
    const report = await compared({ ...two, values: changed(two, 'forward', 'h', (d) => d.map((v) => 2 * v)).values });
    expect(faults(report)).toEqual(['forward h', 'forward image', 'backward h', 'backward x']);
  });

  it.each([
    ['NaN', (x: number, i: number) => (i === 3 ? Number.NaN : x)],
    ['one element', (x: number, i: number) => (i === 3 ? x + 0.05 : x)],
    ['one channel slightly', (x: number, i: number) => (Math.floor(i / 35) % 3 === 1 ? x * (1 + 1e-3) : x)],
    ['a constant factor', (x: number) => x * 1.001],
  ])('differ by %s', async (_, change) => {
    expect(faults(await compared(spoilt('image', change)))).toEqual(['forward image']);
  });

  it('are inconclusive where a shape differs, and say what only one of them has', async () => {
    const report = await compared({
      ...TRACE,
      values: new Map([...TRACE.values, ['h', sourceOf(random([5, 13], 7))]]),
    });
    expect(report.outcome).toBe('inconclusive');
    const fewer = await compared(without(without(TRACE, ['x'], ['backward']), ['image']));
    expect(fewer.unseen).toEqual([{ tensor: 'image', missing: 'subject' }]);
    expect(fewer.notes.join()).toContain('The gradients of 1 tensors are in one trace only (x)');
  });

  it('are vacuous where both are zero, and no match by that alone', async () => {
    const zero = (trace: Trace): Trace => {
      const zeros = (name: string, all: Trace) => changed(all, 'forward', name, (d) => d.map(() => 0));
      let all: Trace = { ...trace, gradients: new Map() };
      for (const name of trace.values.keys()) all = zeros(name, all);
      return all;
    };
    const report = await compared(zero(TRACE), zero(TRACE));
    expect(new Set(report.tensors.map((row) => row.verdict))).toEqual(new Set(['vacuous']));
    expect(report.outcome).toBe('inconclusive');
  });

  it('pair by a mapping, or by order and values where the names differ', async () => {
    const rename = (m: ReadonlyMap<string, ReturnType<typeof sourceOf>>) =>
      new Map([...m].map(([n, s]) => [`my ${n} tensor`, s]));
    const renamed = {
      ...TRACE,
      values: rename(TRACE.values),
      gradients: new Map(),
      metadata: { ...TRACE.metadata, order: null },
    };
    const own = await compared(renamed);
    expect(own.tensors.map((row) => `${row.subjectName}=${row.tensor}`)).toContain('my h tensor=h');
    const mapped = await compared(renamed, TRACE, new Map([['my h tensor', 'h']]));
    expect(mapped.tensors.find((row) => row.tensor === 'h')?.why).toBe('declared in the mapping');
  });

  it('with nothing in common are refused', async () => {
    const other = { ...TRACE, values: new Map([['zz', sourceOf(random([19, 23], 8))]]), gradients: new Map() };
    await expect(compared(other)).rejects.toMatchObject({ code: 'E_NOTHING_COMPARABLE' });
  });

  it('are compared part by part where their files can be read so, with the same answer to the last digit', async () => {
    const size = 2 ** 18 + 17;
    const large = random([size], 31);
    const whole = (change: (x: number, i: number) => number) => float32([size], toNumbers(large).map(change));
    for (const change of [
      (x: number) => x * (1 + 2 ** -22),
      (x: number, i: number) => (i === size - 3 ? x + 3 : x),
      (x: number, i: number) => (i === size - 1 ? Number.NaN : x),
    ]) {
      const [a, b] = [whole(change), large];
      const most: number[] = [];
      const parts = await compared(oneTensor(inParts(a, most)), oneTensor(inParts(b, most)));
      expect(parts).toEqual(await compared(oneTensor(sourceOf(a)), oneTensor(sourceOf(b))));
      expect(Math.max(...most)).toBe(2 ** 18);
    }
  });

  it('of whole numbers are compared part by part, too', async () => {
    const size = 2 ** 18 + 3;
    const whole = fromNumbers(
      'int32',
      [size],
      new Float64Array(size).map((_, i) => i),
    );
    const off = fromNumbers(
      'int32',
      [size],
      new Float64Array(size).map((_, i) => (i === size - 1 ? 0 : i)),
    );
    const one = (tensor: Tensor) => oneTensor(inParts(tensor, []));
    expect((await compared(one(whole), one(whole))).outcome).toBe('match');
    expect((await compared(one(off), one(whole))).outcome).toBe('mismatch');
  });

  it('do not change what they are given', async () => {
    const before = [...TRACE.values].map(([, s]) => [...toNumbers(s.read())]);
    await compared(spoilt('h', (x) => -x));
    expect([...TRACE.values].map(([, s]) => [...toNumbers(s.read())])).toEqual(before);
  });
});
