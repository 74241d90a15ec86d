import { describe, expect, it } from '@jest/globals';
import { planReplay, type PlanRequest } from '../../../harness/stages/4-replay.ts';
import { fromNumbers, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { TensorType } from '../../../harness/types/adapter.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Pair } from '../../../harness/types/pair.ts';
import type { DataType, Shape, Tensor } from '../../../harness/types/tensor.ts';
import { random } from '../../support/random.ts';

const SHAPES: Record<string, Shape> = {
  x: [3, 5],
  ids: [3],
  text: [3],
  w: [5, 7],
  b: [7],
  table: [2],
  h: [3, 7],
  k: [],
  a: [3, 7],
  y: [3, 7],
  side: [7],
  loss: [],
};
const DTYPES: Record<string, DataType> = { ids: 'int64', text: 'string', table: 'int64' };
const typeOf = (name: string): TensorType => ({ dtype: DTYPES[name] ?? 'float32', shape: SHAPES[name] as Shape });
const TYPES: ReadonlyMap<string, TensorType> = new Map(Object.keys(SHAPES).map((name) => [name, typeOf(name)]));

/** x → fc (w, b) → h → relu → a; h, a and the constant k → add → y, and side, which nothing reads; y → mean → loss. */
function graph(outputs: readonly string[] = ['loss']): Graph {
  const node = (op: string, inputs: string[], names: string[]) =>
    ({ name: op.toLowerCase(), op, domain: '', inputs, outputs: names, attributes: {} }) as const;
  const made = (name: string): [string, ReturnType<typeof sourceOf>] => [
    name,
    sourceOf(fromNumbers(typeOf(name).dtype, SHAPES[name] as Shape, toNumbers(random(SHAPES[name] as Shape, 3)))),
  ];
  return {
    name: 'g',
    nodes: [
      node('Gemm', ['x', 'w', 'b'], ['h']),
      node('Constant', [], ['k']),
      node('Relu', ['h'], ['a']),
      node('Add', ['h', 'a', 'k', 'table'], ['y', '', 'side']),
      node('ReduceMean', ['y'], ['loss']),
    ],
    inputs: [{ name: 'x', ...typeOf('x') }],
    outputs: outputs.map((name) => ({ name, dtype: null, shape: null })),
    initializers: new Map([made('w'), made('b'), made('table')]),
    opset: new Map([['', 17]]),
  };
}

interface Recorded {
  readonly value?: Tensor;
  readonly gradient?: Tensor;
}
const of = (name: string, dtype: DataType = 'float32'): Tensor =>
  fromNumbers(dtype, SHAPES[name] as Shape, toNumbers(random(SHAPES[name] as Shape, 5)));
const value = (name: string): [string, Recorded] => [name, { value: of(name) }];
const gradient = (name: string): [string, Recorded] => [name, { gradient: of(name) }];
const both = (name: string): [string, Recorded] => [name, { value: of(name), gradient: of(name) }];

function plan(recorded: readonly [string, Recorded][], more: Partial<PlanRequest> = {}) {
  const pair = ([tensor, { value: v, gradient: g }]: [string, Recorded]): [string, Pair] => [
    tensor,
    {
      tensor,
      subjectName: tensor,
      why: 'same name',
      confidence: 1,
      value: v === undefined ? null : sourceOf(v),
      gradient: g === undefined ? null : sourceOf(g),
    },
  ];
  return planReplay({
    graph: graph(),
    types: TYPES,
    pairs: new Map(recorded.map(pair)),
    inputs: new Map(),
    recorded: new Map(),
    moved: new Map(),
    loss: 'loss',
    seeds: new Set(),
    ...more,
  });
}

describe('what is asked for', () => {
  it('are the values that were recorded of what nodes make, and every recorded gradient', () => {
    const { local, chained, exact, loss } = plan([value('x'), value('w'), both('h'), gradient('a'), gradient('b')]);
    for (const request of [local, chained, exact])
      expect(request).toMatchObject({ loss: 'loss', wantValues: ['h'], wantGradients: ['h', 'a', 'b'] });
    expect([[...local.values.keys()], [...local.gradients.keys()]]).toEqual([['h'], ['h', 'a', 'b']]);
    expect([[...chained.values.keys()], [...chained.gradients.keys()]]).toEqual([[], []]);
    expect(loss).toBe('loss');
  });

  it('is the gradient of an end of the network, too: without seeds any, with them the loss alone', () => {
    const ends = [gradient('side'), gradient('loss'), gradient('y'), gradient('h')];
    expect(plan(ends).local.wantGradients).toEqual(['side', 'loss', 'y', 'h']);
    expect(plan(ends, { seeds: new Set(['y']) }).local.wantGradients).toEqual(['loss', 'h']);
    expect(plan(ends, { seeds: new Set(['y']), loss: null }).local.wantGradients).toEqual(['h']);
  });

  it('is no gradient of what has none', () => {
    const { local, incomparable } = plan([['ids', { gradient: of('ids') }], gradient('h')]);
    expect([[...local.gradients.keys()], incomparable.size]).toEqual([['h'], 0]);
  });
});

describe('types', () => {
  const fine = (name: string) => of(name, 'float64');

  it('are the reference’s for the framework; the oracle has every digit', () => {
    const x = sourceOf(fine('x'));
    const moved = new Map([['w', sourceOf(fine('w'))]]);
    const { local, exact, chained } = plan([['h', { value: fine('h'), gradient: fine('h') }]], {
      recorded: new Map([['x', x]]),
      inputs: new Map([['x', sourceOf(of('x'))]]),
      moved,
      types: new Map([...TYPES].filter(([name]) => name !== 'w')),
    });
    for (const of32 of [
      local.values.get('h'),
      local.gradients.get('h'),
      local.values.get('w'),
      chained.values.get('w'),
    ])
      expect(of32?.read()).toMatchObject({ dtype: 'float32', data: expect.any(Float32Array) });
    expect(toNumbers(exact.inputs.get('x')!.read())).toEqual(toNumbers(x.read()));
    for (const of64 of [exact.values.get('h'), exact.gradients.get('h')])
      expect(toNumbers(of64!.read())).toEqual(toNumbers(fine('h')));
    expect(toNumbers(exact.values.get('w')!.read())).toEqual(toNumbers(fine('w')));
  });

  it('are float64 where the reference’s are, and float32 where it tells none', () => {
    const types = (dtype: DataType | null) =>
      new Map([...TYPES].flatMap(([n, t]) => (n !== 'h' ? [[n, t]] : dtype ? [[n, { ...t, dtype }]] : []))) as Map<
        string,
        TensorType
      >;
    const held = (dtype: DataType | null) =>
      plan([['h', { value: fine('h') }]], { types: types(dtype) }).local.values.get('h')?.dtype;
    expect([held('float64'), held('float32'), held(null)]).toEqual(['float64', 'float32', 'float32']);
  });

  it.each([
    ['h', { value: of('h', 'int64') }, "the subject's value is int64, the reference's float32"],
    ['h', { gradient: of('h', 'int64') }, "the subject's gradient is int64, the reference's float32"],
    ['ids', { value: of('ids') }, "the subject's value is float32, the reference's int64"],
    [
      'ids',
      { value: { dtype: 'string', shape: [3], data: ['a', 'b', 'c'] } },
      "the subject's value is string, the reference's int64",
    ],
    ['h', { value: random([3, 8], 1) }, "the subject's value has shape [3, 8], the reference's [3, 7]"],
    ['h', { gradient: random([7, 3], 1) }, "the subject's gradient has shape [7, 3], the reference's [3, 7]"],
  ] as const)('that do not fit are told, and not cut at: %s %j', (name, recorded, says) => {
    const { incomparable, local } = plan([[name, recorded as Recorded]]);
    expect([...incomparable]).toEqual([[name, says]]);
    expect([local.values.size, local.gradients.size, local.wantValues]).toEqual([0, 0, []]);
  });

  it('that are of one kind fit', () => {
    const text: Tensor = { dtype: 'string', shape: [3], data: ['a', 'b', 'c'] };
    const fits = plan([
      ['h', { value: of('h', 'float16') }],
      ['ids', { value: of('ids', 'int32') }],
      ['text', { value: text }],
    ]);
    expect(fits.incomparable.size).toBe(0);
    expect([...fits.coarse.values]).toEqual([['h', 'float16']]);
  });
});

describe('what was not judged', () => {
  const all = ['h', 'a', 'y', 'loss'].map(both);
  const parameters = ['w', 'b'].map(gradient);
  const notes = (recorded: readonly [string, Recorded][], more: Partial<PlanRequest> = {}) =>
    plan(recorded, more).notes;

  it('is nothing where everything is recorded: neither constants nor what nothing reads are missed', () => {
    expect(notes([...all, ...parameters])).toEqual([]);
  });

  it('is the backward pass, where no gradient is recorded, or nothing starts it', () => {
    expect(notes(['h', 'a', 'y', 'loss'].map(value))).toEqual([
      'The trace holds no gradients: only the forward pass was compared.',
    ]);
    expect(notes([...all, ...parameters], { loss: null })).toEqual([
      'The model has no scalar loss and no recorded gradient of an output: the backward pass was not compared. Name one with --loss, or record gradient/OUTPUT.',
    ]);
    expect(notes([...all, ...parameters], { loss: null, seeds: new Set(['y']) })).toEqual([]);
    expect(notes([...all, ...parameters], { seeds: new Set(['y']) })).toEqual([]);
  });

  it('are gradients of parameters that are not recorded; whole numbers have none', () => {
    expect(notes(all)).toEqual(['The gradients of 2 parameters are not recorded (w, b): nothing is known of them.']);
    expect(notes([...all, value('w'), gradient('b')])[0]).toContain('of 1 parameters are not recorded (w)');
  });

  it('are outputs after the last recorded tensor', () => {
    const upTo = (...names: string[]) => [...names.map(both), ...parameters];
    const told = (outputs: string[], ...names: string[]) =>
      notes(upTo(...names), { graph: graph(outputs) }).filter((note) => note.includes('output'));
    expect(told(['loss'], 'h', 'a', 'y')).toEqual([
      'The output loss of the network is not recorded: what lies after the last recorded tensor was not judged.',
    ]);
    expect(told(['loss', 'side'], 'h', 'a', 'y')).toEqual([
      'The outputs loss, side of the network are not recorded: what lies after the last recorded tensor was not judged.',
    ]);
    expect(told(['loss', 'y', 'side', 'a', 'h'])[0]).toContain('The outputs loss, y, side, … of the network are not');
    // What is made of it is recorded: it was judged through that.
    expect(told(['a', 'loss'], 'loss')).toEqual([]);
    expect(told(['side'], 'loss')).toHaveLength(1);
  });

  it('are interior values, told apart from ends and constants', () => {
    const told = (...recorded: [string, Recorded][]) => notes(recorded).filter((note) => note.includes('interior'));
    expect(told(...['a', 'loss'].map(value))).toEqual([
      '2 of 5 interior values are not recorded (h, y): what lies between recorded tensors was judged as one layer.',
    ]);
    expect(told(value('loss'))[0]).toMatch(/^3 of 5 interior values are not recorded \(h, a, y\): /);
    expect(told(value('loss'), gradient('h'))[0]).toBe(
      '3 of 5 interior values are not recorded (h, a, y): what lies between recorded tensors was judged as one layer, and gradients were judged on the values that the reference computes there.',
    );
    const { nodes, ...rest } = graph();
    const more = { name: 'neg', op: 'Neg', domain: '', inputs: ['side'], outputs: ['end'], attributes: {} };
    expect(notes([value('loss')], { graph: { ...rest, nodes: [...nodes, more] } }).join()).toContain(
      '4 of 6 interior values are not recorded (h, a, y, …)',
    );
  });
});
