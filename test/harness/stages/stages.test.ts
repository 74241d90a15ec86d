import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { findLoss } from '../../../harness/loss.ts';
import { closest, editDistance } from '../../../harness/closest.ts';
import { wire } from '../../../harness/graph.ts';
import { segmentGraph, suspects } from '../../../harness/segment.ts';
import { asHeld, asType, share } from '../../../harness/stages/1-share.ts';
import { takeTrace } from '../../../harness/stages/2-trace.ts';
import { planReplay } from '../../../harness/stages/4-replay.ts';
import { locate } from '../../../harness/stages/6-locate.ts';
import { conclude, test as prove } from '../../../harness/stages/7-diagnose.ts';
import { float32, fromNumbers, int64, sourceOf } from '../../../harness/tensor.ts';
import type { Observation, TensorType } from '../../../harness/types/adapter.ts';
import type { Alignment, Pair } from '../../../harness/types/pair.ts';
import type { TensorReport } from '../../../harness/types/report.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import { changed, random, subjectOf } from '../../support/bench.ts';

/** x → fc (w) → h → relu → a; h and a → add → y → mean → loss. */
function graph() {
  const b = new GraphBuilder('g', 17);
  const [x, w] = [b.input('x', 'float32', [3, 5]), b.initializer('w', random([5, 7], 1))];
  const h = b.node('MatMul', [x, w], {}, { name: 'fc', outputNames: ['h'] });
  const a = b.node('Relu', [h], {}, { name: 'relu', outputNames: ['a'] });
  const y = b.node('Add', [h, a], {}, { name: 'add', outputNames: ['y'] });
  b.output(b.node('ReduceMean', [y], {}, { name: 'mean', outputNames: ['loss'] }), 'float32', []);
  return b.graph();
}

const SHAPES: Record<string, readonly number[]> = { x: [3, 5], w: [5, 7], h: [3, 7], a: [3, 7], y: [3, 7], loss: [] };
const TYPES: ReadonlyMap<string, TensorType> = new Map(
  Object.entries(SHAPES).map(([n, shape]) => [n, { dtype: 'float32', shape }]),
);
const recorded = (name: string, seed = 2): Tensor => random(SHAPES[name] as number[], seed);

const pair = (tensor: string, value: Tensor | null, gradient: Tensor | null = null): [string, Pair] => [
  tensor,
  {
    tensor,
    subjectName: tensor,
    why: 'same name',
    confidence: 1,
    value: value && sourceOf(value),
    gradient: gradient && sourceOf(gradient),
  },
];
const alignment = (...pairs: [string, Pair][]): Alignment => ({ pairs: new Map(pairs), unpaired: [], notes: [] });

describe('share', () => {
  const w = graph().initializers.get('w')!.read();
  const x = recorded('x');

  it('proves what is equal, and lists what is not', () => {
    expect(share(graph(), alignment(pair('x', x), pair('w', w)), new Map(), 0)).toMatchObject({
      differs: [],
      notes: [],
    });
    const other = float32(
      [5, 7],
      Array.from(w.data as Float32Array, (v, i) => (i === 4 ? v + 1 : v)),
    );
    const found = share(graph(), alignment(pair('x', x), pair('w', other)), new Map(), 0);
    expect(found.differs).toMatchObject([
      { kind: 'parameter', detail: expect.stringContaining('1 of 35 elements differ; the first is element 4') },
    ]);
  });

  it('says what was not proven', () => {
    expect(share(graph(), alignment(pair('x', x)), new Map(), 0).notes.join()).toContain('not proven');
  });

  it('compares at the narrower of the two types', () => {
    const half = fromNumbers('float16', [5, 7], w.data as Float32Array);
    expect(share(graph(), alignment(pair('x', x), pair('w', half)), new Map(), 0).differs).toEqual([]);
    const double = fromNumbers(
      'float64',
      [5, 7],
      Array.from(w.data as Float32Array, (v) => v * (1 + 1e-12)),
    );
    const found = share(graph(), alignment(pair('x', x), pair('w', double)), new Map(), 0);
    expect([found.differs, [...found.moved.keys()]]).toEqual([[], ['w']]);
  });

  it('takes parameters that training has moved from the trace, and no others', () => {
    const moved = share(graph(), alignment(pair('x', x), pair('w', recorded('w', 9))), new Map(), 3);
    expect([[...moved.moved.keys()], moved.differs]).toEqual([['w'], []]);
    expect(share(graph(), alignment(pair('x', x), pair('w', random([7, 5], 9))), new Map(), 3).differs).toHaveLength(1);
  });

  it('asks for an input that is nowhere, and refuses one that the model does not take', () => {
    const given = (name: string, tensor: Tensor) => new Map([[name, sourceOf(tensor)]]);
    expect(() => share(graph(), alignment(), new Map(), 0)).toThrow(
      /input x: the reference needs it \(float32 \[3, 5\]\)/,
    );
    expect(() => share(graph(), alignment(), given('X', x), 0)).toThrow(/Did you mean "x"\?/);
    expect(() => share(graph(), alignment(), given('x', random([3, 6], 1)), 0)).toThrow(/E_INPUT/);
    expect(() => share(graph(), alignment(), given('x', int64([3, 5], new Float32Array(15))), 0)).toThrow(/E_INPUT/);
    expect(share(graph(), alignment(pair('x', x)), given('x', recorded('x', 8)), 0).differs).toMatchObject([
      { kind: 'input' },
    ]);
  });

  it('keeps every digit for the oracle, and rounds for the framework', () => {
    const fine = sourceOf(fromNumbers('float64', [2], [0.1, 0.2]));
    expect(Array.from(asType(fine, 'float32', 'x').read().data as Float32Array)).toEqual([
      Math.fround(0.1),
      Math.fround(0.2),
    ]);
    expect(Array.from(asHeld(fine, 'float32', 'x').read().data as Float64Array)).toEqual([0.1, 0.2]);
    expect(() => asType(fine, 'int64', 'x')).toThrow(/E_INPUT/);
  });
});

describe('trace', () => {
  const values = new Map([['a', sourceOf(random([2, 3], 1))]]);
  const trace = {
    values,
    gradients: new Map(values),
    updates: new Map(),
    states: new Map(),
    metadata: { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() },
  };
  const flaky = (change: typeof trace) => {
    let runs = 0;
    return {
      ...subjectOf(trace),
      runs: true,
      run: () => Promise.resolve({ trace: runs++ === 0 ? trace : change, observations: [] }),
    };
  };
  const request = { inputs: new Map<string, TensorSource>(), parameters: new Map<string, TensorSource>() };

  it('taken twice tells what differs, is gone or has another shape', async () => {
    const by = (change: typeof trace, twice = true) =>
      takeTrace(flaky(change), request, twice).then(({ unstable }) =>
        unstable.map((u) => `${u.direction} ${u.tensor}: ${u.detail}`),
      );
    expect(await by(trace)).toEqual([]);
    expect(
      await by({ ...trace, ...changed(trace, 'backward', 'a', (d) => d.map((v) => v + 1)) } as typeof trace),
    ).toEqual(['backward a: 6 of its elements differ between two identical runs']);
    expect(await by({ ...trace, gradients: new Map() })).toEqual([
      'backward a: it was recorded in one of two identical runs only',
    ]);
    expect(await by({ ...trace, values: new Map([['a', sourceOf(random([3, 2], 1))]]) })).toEqual([
      'forward a: its shape was [2, 3], then [3, 2]',
    ]);
    expect(await by({ ...trace, gradients: new Map() }, false)).toEqual([]);
    const more = new Map([...values, ['b', sourceOf(random([2], 1))] as const]);
    expect(await by({ ...trace, values: more })).toEqual([
      'forward b: it was recorded in one of two identical runs only',
    ]);
  });

  it('is the first of the two, with what was noticed in it', async () => {
    const observations = [{ kind: 'released' }, { kind: 'grew' }] as unknown as Observation[];
    const other = { ...trace, gradients: new Map() };
    let runs = 0;
    const run = () => Promise.resolve(runs++ % 2 === 0 ? { trace, observations } : { trace: other, observations: [] });
    for (const runsItself of [true, false]) {
      const found = await takeTrace({ ...subjectOf(trace), runs: runsItself, run }, request, runsItself);
      expect(found.trace).toBe(trace);
      expect(found.observations).toBe(observations);
    }
  });
});

describe('replay', () => {
  const plan = (pairs: [string, Pair][], loss: string | null = 'loss', seeds: string[] = []) =>
    planReplay({
      graph: graph(),
      types: TYPES,
      pairs: new Map(pairs),
      inputs: new Map(),
      recorded: new Map(),
      moved: new Map(),
      loss,
      seeds: new Set(seeds),
    });

  it('cuts at every recorded value and gradient, and asks for each again', () => {
    const { local, chained } = plan([
      pair('h', recorded('h'), recorded('h')),
      pair('y', recorded('y')),
      pair('w', recorded('w'), recorded('w')),
    ]);
    expect([[...local.values.keys()], [...local.gradients.keys()]]).toEqual([
      ['h', 'y'],
      ['h', 'w'],
    ]);
    expect([local.wantValues, local.wantGradients]).toEqual([
      ['h', 'y'],
      ['h', 'w'],
    ]);
    expect([chained.values.size, chained.gradients.size]).toEqual([0, 0]);
  });

  it('leaves out what does not fit, with the reason, and does not cut there', () => {
    const { local, incomparable } = plan([
      pair('h', random([3, 8], 1)),
      pair('a', int64([3, 7], new Float32Array(21))),
      pair('y', recorded('y')),
    ]);
    expect([...local.values.keys()]).toEqual(['y']);
    expect(incomparable.get('h')).toContain('[3, 8]');
    expect(incomparable.get('a')).toContain('int64');
  });

  it('starts from seeds where they are named: these, and ends not on their way, are not judged', () => {
    const { local, chained } = plan(
      [pair('y', null, recorded('y')), pair('loss', null, recorded('loss')), pair('w', null, recorded('w'))],
      null,
      ['y'],
    );
    expect(local.wantGradients).toEqual(['w']);
    expect([...chained.gradients.keys()]).toEqual(['y']);
  });

  it('judges no gradient where nothing starts the backward pass', () => {
    const { local, notes } = plan([pair('h', null, recorded('h'))], null);
    expect(local.wantGradients).toEqual([]);
    expect(notes.join()).toContain('no scalar loss');
  });

  it('marks what was recorded in a narrower type', () => {
    const half = fromNumbers('float16', [3, 7], new Float32Array(21));
    const { coarse } = plan([pair('h', half), pair('a', recorded('a'), half)]);
    expect([[...coarse.values], [...coarse.gradients]]).toEqual([[['h', 'float16']], [['a', 'float16']]]);
  });
});

describe('locate', () => {
  const row = (tensor: string, direction: 'forward' | 'backward', verdict: TensorReport['verdict'] = 'mismatch') =>
    ({ tensor, direction, verdict, layer: '', op: '' }) as TensorReport;
  const wiring = wire(graph());

  it('orders values as executed and gradients from the last layer to the first, one walk for both', () => {
    const names = ['w', 'y', 'h', 'a', 'loss'];
    const order = (direction: 'forward' | 'backward') =>
      locate(
        names.map((n) => row(n, direction)),
        wiring,
        direction,
      );
    expect(order('forward').faulty.map((s) => s.tensor)).toEqual(['w', 'h', 'a', 'y', 'loss']);
    expect(order('backward').faulty.map((s) => s.tensor)).toEqual(['loss', 'y', 'a', 'h', 'w']);
    expect(order('forward').firstDivergence?.tensor).toBe('w');
  });

  it('tells only mismatches, of its own direction', () => {
    const rows = [
      row('h', 'forward', 'match'),
      row('a', 'forward', 'vacuous'),
      row('y', 'backward'),
      row('loss', 'forward', 'incomparable'),
    ];
    expect(locate(rows, wiring, 'forward')).toEqual({ firstDivergence: null, faulty: [] });
  });
});

describe('segments', () => {
  const request = (values: string[], gradients: string[]) => {
    const held = (names: string[]) => new Map(names.map((n) => [n, sourceOf(recorded(n))]));
    return { inputs: new Map(), values: held(values), gradients: held(gradients), loss: 'loss' };
  };
  const wiring = wire(graph());
  const names = (nodes: readonly { name: string }[]) => nodes.map((n) => n.name);

  it('reach back to the recorded values, forward', () => {
    expect(names(segmentGraph(wiring, request(['h'], []), 'y', 'forward').nodes)).toEqual(['relu', 'add']);
    expect(names(suspects(wiring, request([], []), 'y', 'forward'))).toEqual(['add', 'relu', 'fc']);
    expect(names(suspects(wiring, request(['a', 'h'], []), 'y', 'forward'))).toEqual(['add']);
  });

  it('reach on to the recorded gradients, backward, through every use', () => {
    expect(names(suspects(wiring, request([], ['y']), 'h', 'backward')).toSorted()).toEqual(['add', 'relu']);
    expect(names(suspects(wiring, request([], ['a', 'y']), 'a', 'backward'))).toEqual(['add']);
    expect(names(suspects(wiring, request([], []), 'w', 'backward')).toSorted()).toEqual(['add', 'fc', 'mean', 'relu']);
  });
});

describe('diagnosis', () => {
  const told = { cause: 'scale.constant', claim: 'twice', fix: 'halve it', specificity: 2 as const };
  const truth = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i + 1));
  const subject = truth.map((x) => 2 * x);

  it('names a cause only where its prediction meets the numbers', () => {
    const met = prove({ ...told, predicted: subject, allowed: 1e-6 }, { subject, truth, slack: null });
    expect(met?.cause).toMatchObject({ id: 'scale.constant', explains: 1 });
    expect(
      prove({ ...told, predicted: truth.map((x) => 2.01 * x), allowed: 1e-6 }, { subject, truth, slack: null }),
    ).toBeNull();
    expect(
      prove({ ...told, predicted: truth.map(() => Number.NaN), allowed: 1e-6 }, { subject, truth, slack: null }),
    ).toBeNull();
    expect(
      prove({ ...told, predicted: subject.subarray(1), allowed: 1e9 }, { subject, truth, slack: null }),
    ).toBeNull();
  });

  it('must explain the error, however wide the noise', () => {
    expect(prove({ ...told, predicted: truth, allowed: 1e9 }, { subject, truth, slack: null })).toBeNull();
  });

  it('takes the most specific explanation, then the nearest, and keeps each other cause once', () => {
    const site = { tensor: 't', direction: 'forward' as const, layer: 'l', op: 'Conv', cause: null, candidates: [] };
    const proven = (id: string, specificity: number, left: number) => ({
      specificity,
      left,
      cause: { id, claim: `${id} ${left}`, fix: '', explains: 1, evidence: [] },
    });
    const found = conclude(site, [
      proven('a', 1, 0),
      proven('b', 3, 0.5),
      proven('b', 3, 0.1),
      proven('c', 2, 0),
      proven('c', 2, 0.3),
    ]);
    expect(found.cause?.claim).toBe('b 0.1');
    expect(found.candidates.map((c) => c.claim)).toEqual(['b 0.1', 'c 0', 'a 0']);
    expect(conclude(site, [])).toEqual(site);
  });
});

describe('the loss', () => {
  const outputs = (...names: string[]) => ({
    ...graph(),
    outputs: names.map((name) => ({ name, dtype: null, shape: null })),
  });
  const types = new Map<string, TensorType>([
    ...TYPES,
    ['n', { dtype: 'int64', shape: [] }],
    ['other', { dtype: 'float32', shape: [1] }],
  ]);

  it('is the one named, else "loss", else the only scalar output', () => {
    expect(findLoss(outputs('y'), types, 'other')).toBe('other');
    expect(findLoss(outputs('other', 'loss'), types, null)).toBe('loss');
    expect(findLoss(outputs('y', 'other', 'n'), types, null)).toBe('other');
    expect(findLoss(outputs('y'), types, null)).toBeNull();
  });

  it('is no tensor, and no integer', () => {
    expect(() => findLoss(outputs('y'), types, 'y')).toThrow(/float32 \[3, 7\], and only a float scalar/);
    expect(() => findLoss(outputs('y'), types, 'n')).toThrow(/E_LOSS/);
    expect(() => findLoss(outputs('y'), types, 'lsos')).toThrow(/Did you mean "loss"\?/);
  });
});

describe('did you mean', () => {
  it('counts insertions, deletions, replacements and swaps as one', () => {
    expect([
      editDistance('', 'abc'),
      editDistance('html', 'htlm'),
      editDistance('conv', 'cnv'),
      editDistance('a', 'b'),
    ]).toEqual([3, 1, 1, 1]);
  });

  it('means only what is near', () => {
    expect(closest('subjekt', ['subject', 'inputs'])).toBe('subject');
    expect(closest('x', ['subject', 'inputs'])).toBeNull();
    expect(closest('anything', [])).toBeNull();
  });
});
