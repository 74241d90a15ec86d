import { describe, expect, it } from '@jest/globals';
import { permuteAxes } from '../../../harness/layout.ts';
import { sketchOf } from '../../../harness/metrics/sketch.ts';
import { align, type AlignRequest, executionOrder } from '../../../harness/stages/3-align.ts';
import { sourceOf } from '../../../harness/tensor.ts';
import type { TensorType } from '../../../harness/types/adapter.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Shape, Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import type { Trace } from '../../../harness/types/trace.ts';
import { random } from '../../support/random.ts';

const SHAPES: Record<string, Shape> = {
  x: [2, 3, 5, 7],
  w: [5, 7],
  h: [2, 3, 5, 7],
  a: [2, 4, 4, 4],
  s: [3, 11],
  y: [3, 13],
  loss: [],
};
const names = Object.keys(SHAPES);
const TYPES: ReadonlyMap<string, TensorType> = new Map(
  names.map((name) => [name, { dtype: 'float32', shape: SHAPES[name] as Shape }]),
);
const THEIRS: Record<string, Tensor> = Object.fromEntries(
  names.map((name, i) => [name, random(SHAPES[name] as Shape, i + 1)]),
);
const theirs = (name: string): Tensor => THEIRS[name] as Tensor;

/** x → h → a → s → y → loss, with a parameter w on the way. */
const GRAPH: Graph = {
  name: 'g',
  nodes: ['h', 'a', 's', 'y', 'loss'].map((output, i, all) => ({
    name: `make ${output}`,
    op: 'Op',
    domain: '',
    inputs: [i === 0 ? 'x' : (all[i - 1] as string), ...(i === 0 ? ['w'] : [])],
    outputs: [output],
    attributes: {},
  })),
  inputs: [{ name: 'x', dtype: 'float32', shape: SHAPES['x'] as Shape }],
  outputs: [{ name: 'loss', dtype: 'float32', shape: [] }],
  initializers: new Map([['w', sourceOf(theirs('w'))]]),
  opset: new Map([['', 17]]),
};

type Tensors = Readonly<Record<string, Tensor>>;
const sources = (tensors: Tensors): Map<string, TensorSource> =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, sourceOf(tensor)]));

function traceOf(values: Tensors, gradients: Tensors = {}, metadata: Partial<Trace['metadata']> = {}): Trace {
  return {
    values: sources(values),
    gradients: sources(gradients),
    updates: new Map(),
    states: new Map(),
    metadata: { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map(), ...metadata },
  };
}

/** Aligns a trace, and counts how often the reference was run for it. */
async function aligned(trace: Trace, more: Partial<AlignRequest> = {}) {
  let runs = 0;
  const sketch = () => {
    runs++;
    return Promise.resolve(new Map(names.map((name) => [name, sketchOf(theirs(name))])));
  };
  const found = await align({ graph: GRAPH, types: TYPES, trace, map: new Map(), sketch, ...more });
  const pairs = [...found.pairs.values()].map(({ subjectName, tensor }) => `${subjectName}=${tensor}`);
  return { ...found, said: pairs, runs };
}

const all = (...wanted: string[]): Tensors => Object.fromEntries(wanted.map((name) => [name, theirs(name)]));
const nhwc = (tensor: Tensor): Tensor => permuteAxes(sourceOf(tensor), [0, 2, 3, 1]).read();

describe('a pair', () => {
  it('holds what was recorded of it, and why it is one', async () => {
    const { pairs, unpaired, notes } = await aligned(traceOf(all('h', 's'), all('s', 'y')));
    const [h, s, y] = ['h', 's', 'y'].map((name) => pairs.get(name));
    expect(h).toMatchObject({ tensor: 'h', subjectName: 'h', why: 'same name', confidence: 1, gradient: null });
    expect([h?.value?.read(), s?.value?.read(), s?.gradient?.read()]).toEqual(['h', 's', 's'].map(theirs));
    expect([y?.value, y?.gradient?.read()]).toEqual([null, theirs('y')]);
    expect([unpaired, notes]).toEqual([[], []]);
  });

  it('is not looked for where the subject’s tensor is said to have none', async () => {
    const { said, unpaired, runs } = await aligned(traceOf(all('h', 's', 'y')), { apart: new Set(['s']) });
    expect([said, unpaired, runs]).toEqual([['h=h', 'y=y'], ['s'], 0]);
  });

  it('is not made with a name of which the reference computes nothing', async () => {
    const types = new Map([...TYPES].filter(([name]) => name !== 's' && name !== 'w'));
    const { said, unpaired, pairs } = await aligned(traceOf(all('h', 's', 'w')), { types });
    expect([said.toSorted(), unpaired]).toEqual([['h=h', 'w=w'], ['s']]);
    expect(pairs.get('w')?.value?.shape).toEqual([5, 7]);
    const untyped = new Map([...TYPES].filter(([name]) => name !== 'x' && name !== 'w'));
    const given = await aligned(traceOf(all('x', 'w', 'h')), { types: untyped });
    expect([given.said.toSorted(), given.notes]).toEqual([['h=h', 'w=w', 'x=x'], []]);
  });

  it('is made for one name once: what the user declares goes before what the names say', async () => {
    const two = traceOf({ h: theirs('y'), y: theirs('h') });
    const { said } = await aligned(two, {
      map: new Map([
        ['h', 'y'],
        ['y', 'h'],
      ]),
    });
    expect(said).toEqual(['h=y', 'y=h']);
  });

  it('of similar names is given up where the numbers are another’s; one of equal names is not', async () => {
    const { said, runs } = await aligned(traceOf({ ...all('x'), H: theirs('h'), Y: theirs('s'), S: theirs('y') }));
    expect([said.toSorted(), runs]).toEqual([['H=h', 'S=y', 'Y=s', 'x=x'], 1]);
    const alone = await aligned(traceOf({ ...all('x'), H: theirs('h'), S: theirs('y') }));
    expect(alone.said.toSorted()).toEqual(['H=h', 'S=y', 'x=x']);
    const named = await aligned(traceOf({ ...all('x'), h: theirs('h'), y: theirs('s'), s: theirs('y') }));
    expect(named.said.toSorted()).toEqual(['h=h', 's=s', 'x=x', 'y=y']);
  });
});

describe('the reference is run first', () => {
  const runs = (values: Tensors, gradients: Tensors = {}) => aligned(traceOf(values, gradients)).then((f) => f.runs);

  it('only where both sides have values left over', async () => {
    expect(await runs(all(...names))).toBe(0);
    expect(await runs({ ...all('h'), mine: random([17, 19], 99) })).toBe(1);
    expect(await runs({ ...all('h', 'w'), mine: random([17, 19], 99) }, { other: random([19, 17], 98) })).toBe(1);
    // Of the reference only a parameter is left, of the subject only a gradient.
    expect(await runs({ ...all('x', 'h', 'a', 's', 'y', 'loss'), mine: random([17, 19], 99) })).toBe(0);
    expect(await runs(all('h'), { mine: random([17, 19], 99) })).toBe(0);
  });

  it('and where a shape does not fit', async () => {
    expect(await runs({ ...all('x', 's'), h: nhwc(theirs('h')) })).toBe(1);
    expect(await runs(all('x'), { h: nhwc(theirs('h')) })).toBe(1);
    expect(await runs(all('x'), all('h', 's'))).toBe(0);
  });

  it('and its values tell which tensor is which', async () => {
    const mine = Object.fromEntries(['h', 'a', 's', 'y'].map((name, i) => [`t${i}`, theirs(name)]));
    const found = await aligned(traceOf(mine));
    expect(found.said).toEqual(['t0=h', 't1=a', 't2=s', 't3=y']);
    const trace = traceOf({ ...mine, x: theirs('x') });
    const blind = await align({ graph: GRAPH, types: TYPES, trace, map: new Map() });
    expect([[...blind.pairs.keys()], blind.unpaired]).toEqual([['x'], ['t0', 't1', 't2', 't3']]);
  });
});

describe('a layout', () => {
  it('that is declared is undone, for value and gradient, and told', async () => {
    const metadata = { axes: new Map([['a', 'NHWC']]) };
    const other = { a: nhwc(theirs('a')) };
    const { pairs, notes } = await aligned(traceOf(other, other, metadata));
    const a = pairs.get('a');
    expect([a?.value?.read(), a?.gradient?.read()]).toEqual([theirs('a'), theirs('a')]);
    expect(a?.why).toBe('same name; axes 0, 3, 1, 2: declared');
    expect(notes).toEqual([
      "1 tensor is in another layout than the reference's, and brought into it (a: axes 0, 3, 1, 2: declared).",
    ]);
  });

  it('is told by the values where the shapes do not; a gradient alone follows the other tensors', async () => {
    const told = { h: nhwc(theirs('h')), a: nhwc(theirs('a')) };
    expect((await aligned(traceOf(told))).pairs.get('a')?.why).toBe(
      'same name; axes 0, 3, 1, 2: the order of axes that the values tell',
    );
    // It looks like the reference's value in the reference's own order, which says nothing of a gradient.
    const { pairs } = await aligned(traceOf({ h: told.h }, all('a')));
    expect(pairs.get('a')?.why).toBe('same name; axes 0, 3, 1, 2: the order of axes of the other tensors');
  });

  it('is told of a gradient by its shape', async () => {
    const { pairs } = await aligned(traceOf(all('s'), { h: nhwc(theirs('h')) }));
    expect(pairs.get('h')?.gradient?.read()).toEqual(theirs('h'));
    expect(pairs.get('h')?.value).toBeNull();
  });

  it('of a parameter is never undone: that it is another is for stage 1 to tell', async () => {
    const turned = permuteAxes(sourceOf(theirs('w')), [1, 0]).read();
    const { pairs, notes } = await aligned(traceOf({ ...all('h'), w: turned }));
    expect([pairs.get('w')?.value?.shape, pairs.get('w')?.why, notes]).toEqual([[7, 5], 'same name', []]);
  });
});

describe('one number', () => {
  const valueOf = async (name: string, tensor: Tensor) =>
    (await aligned(traceOf({ ...all('h'), [name]: tensor }))).pairs.get(name)?.value;

  it('is one number in whatever shape', async () => {
    for (const shape of [[1], [1, 1]]) {
      const loss = await valueOf('loss', random(shape, 5));
      expect([loss?.dtype, loss?.shape]).toEqual(['float32', []]);
      expect(loss?.read()).toEqual({ ...random(shape, 5), shape: [] });
    }
  });

  it('is not several, nor several one', async () => {
    expect((await valueOf('loss', random([3], 5)))?.shape).toEqual([3]);
    expect((await valueOf('s', random([1], 5)))?.shape).toEqual([1]);
    expect((await valueOf('s', random([11, 1, 3], 5)))?.shape).toEqual([11, 1, 3]);
  });

  it('is taken as it is where it has the reference’s shape', async () => {
    const trace = traceOf(all('h', 'loss'));
    expect((await aligned(trace)).pairs.get('loss')?.value).toBe(trace.values.get('loss'));
  });
});

describe('the subject’s order of execution', () => {
  it('is its own, without what was not recorded; then the file’s', () => {
    const t = random([2], 1);
    const values = { a: t, c: t };
    const gradients = { b: t, a: t, d: t };
    expect(executionOrder(traceOf(values, gradients))).toEqual(['a', 'c', 'b', 'd']);
    expect(executionOrder(traceOf(values, gradients, { order: ['b', 'none', 'a'] }))).toEqual(['b', 'a', 'c', 'd']);
  });
});

describe('nothing in common', () => {
  const refused = (values: Tensors) =>
    aligned(traceOf(values)).then(
      () => null,
      (error: unknown) => error,
    );
  const strange = (n: number): Tensors =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`q${i}`, random([17, 19 + i], i)]));

  it('is refused, with names of both sides', async () => {
    expect(await refused(strange(5))).toMatchObject({
      code: 'E_NOTHING_COMPARABLE',
      place: 'trace',
      message: expect.stringContaining(
        "none of its names (q0, q1, q2, q3, …) is one of the reference's (h, a, s, y, …)",
      ),
      remedy: 'Record tensors under the reference’s names, or give a mapping file {"mine": "theirs"} with --map.',
    });
    expect(await refused({})).toMatchObject({
      code: 'E_NOTHING_COMPARABLE',
      message: expect.stringContaining('it holds no tensor'),
      remedy: 'Record at least the network’s output, as value/NAME.',
    });
  });

  it('is an answer where it may be', async () => {
    const { pairs, unpaired } = await aligned(traceOf(strange(2)), { mayBeEmpty: true });
    expect([pairs.size, unpaired]).toEqual([0, ['q0', 'q1']]);
    await expect(aligned(traceOf(strange(2)), { mayBeEmpty: false })).rejects.toThrow('E_NOTHING_COMPARABLE');
  });
});
