import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { contradicted } from '../../../harness/aligners/doubts.ts';
import { createOracle } from '../../../harness/oracle/index.ts';
import { toTensor } from '../../../harness/oracle/value.ts';
import { sketchOf } from '../../../harness/metrics/sketch.ts';
import { align } from '../../../harness/stages/3-align.ts';
import { float32, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import { random } from '../../support/bench.ts';

const METADATA = { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() };
const WIDTHS = [5, 7, 7, 5, 7, 5, 5, 7, 7, 5];

/** Layers of two widths that alternate: shapes alone say little. */
function network(): Graph {
  const b = new GraphBuilder('g', 21);
  let x = b.input('x', 'float32', [3, 5]);
  WIDTHS.forEach((width, i) => {
    const from = WIDTHS[i - 1] ?? 5;
    x = b.node(
      'MatMul',
      [x, b.initializer(`w${i}`, random([from, width], 90 + i))],
      {},
      { outputNames: [`product${i}`] },
    );
    x = b.node('Tanh', [x], {}, { outputNames: [`tanh${i}`] });
  });
  b.output(x);
  return b.graph();
}

const graph = network();
const names = graph.nodes.map((node) => node.outputs[0] as string);
const inputs = new Map([['x', sourceOf(random([3, 5], 1))]]);

/** The reference, with these values in the place of its own. */
function run(values: ReadonlyMap<string, TensorSource>): Map<string, Tensor> {
  const request = { inputs, values, gradients: new Map(), loss: null };
  const oracle = createOracle(graph, request);
  return new Map(names.map((name) => [name, toTensor(oracle.value(name).n32, 'float32')] as const));
}

const sketched = (tensors: ReadonlyMap<string, Tensor>) => new Map([...tensors].map(([n, t]) => [n, sketchOf(t)]));
const types = new Map([...run(new Map())].map(([name, { dtype, shape }]) => [name, { dtype, shape }] as const)).set(
  'x',
  { dtype: 'float32', shape: [3, 5] },
);

/** A run with these layers spoilt, recorded under other names; without the layers in `dropped`. */
function recorded(spoilt: readonly string[], dropped: readonly string[], call: (i: number) => string) {
  let values = new Map<string, TensorSource>();
  for (const name of spoilt) {
    const right = run(values).get(name) as Tensor;
    const wrong = float32(
      right.shape,
      toNumbers(right).map((v, i) => 1.4 * v + 0.2 * Math.sin(i)),
    );
    values = new Map([...values, [name, sourceOf(wrong)]]);
  }
  const made = run(values);
  const kept = names.filter((name) => !dropped.includes(name));
  const theirs = new Map(kept.map((name, i) => [call(i), name]));
  const all = [...theirs].map(([own, name]) => [own, values.get(name) ?? sourceOf(made.get(name) as Tensor)] as const);
  const trace = {
    values: new Map<string, TensorSource>([['x', inputs.get('x') as TensorSource], ...all]),
    gradients: new Map(),
    updates: new Map(),
    states: new Map(),
    metadata: METADATA,
  };
  return { trace, theirs };
}

async function aligned(trace: ReturnType<typeof recorded>['trace'], follows: boolean) {
  let replays = 0;
  const replay = async (values: ReadonlyMap<string, TensorSource>) => {
    replays++;
    return sketched(run(values));
  };
  const sketch = async () => sketched(run(new Map()));
  const found = await align({ graph, types, trace, map: new Map(), sketch, ...(follows ? { replay } : {}) });
  return { pairs: new Map([...found.pairs.values()].map((pair) => [pair.subjectName, pair.tensor])), replays };
}

const DROPPED = ['product0', 'product2', 'tanh3', 'product4', 'tanh5', 'product6', 'tanh7', 'product9'];

describe('a renamed trace that lacks tensors, behind a bug', () => {
  it('is paired rightly by going on with the wrong values, two bugs in a row', async () => {
    const { trace, theirs } = recorded(['tanh1', 'product5'], DROPPED, (i) => `q${i}`);
    const { pairs } = await aligned(trace, true);
    expect(Object.fromEntries(pairs)).toEqual({ x: 'x', ...Object.fromEntries(theirs) });
  });

  it('could not be without: what is behind the bug has other numbers', async () => {
    const { trace, theirs } = recorded(['tanh1', 'product5'], DROPPED, (i) => `q${i}`);
    const { pairs } = await aligned(trace, false);
    expect([...theirs].filter(([own, name]) => pairs.get(own) === name).length).toBeLessThan(theirs.size);
  });

  it('runs the reference no further where nothing is wrong, or nothing is left out', async () => {
    const clean = recorded([], DROPPED, (i) => `q${i}`);
    expect((await aligned(clean.trace, true)).replays).toBe(0);
    const whole = recorded(['tanh1'], [], (i) => `q${i}`);
    const { pairs, replays } = await aligned(whole.trace, true);
    expect(replays).toBe(0);
    expect(Object.fromEntries(pairs)).toEqual({ x: 'x', ...Object.fromEntries(whole.theirs) });
  });

  it('pairs the last tensor, wrong and alone of its shape behind what is known', async () => {
    const { trace, theirs } = recorded(['tanh9'], ['product1'], (i) => `q${i}`);
    expect(Object.fromEntries((await aligned(trace, true)).pairs)).toEqual({ x: 'x', ...Object.fromEntries(theirs) });
  });
});

describe('a renamed trace in no order', () => {
  const mixed = (trace: ReturnType<typeof recorded>['trace']) => {
    const entries = [...trace.values].map(([name, value], i) => ({ name, value, at: (i * 7) % 31 }));
    const values = new Map(entries.toSorted((a, b) => a.at - b.at).map(({ name, value }) => [name, value] as const));
    return { ...trace, values };
  };

  it('is paired by its numbers: all that are the same as one tensor only, and none wrongly', async () => {
    const { trace, theirs } = recorded([], DROPPED, (i) => `q${i}`);
    const { pairs, replays } = await aligned(mixed(trace), true);
    expect(replays).toBe(0);
    expect(Object.fromEntries(pairs)).toEqual({ x: 'x', ...Object.fromEntries(theirs) });
  });

  it('has what a bug spoilt paired with something: it is not passed over', async () => {
    const { trace } = recorded(['tanh7'], [], (i) => `q${i}`);
    const { pairs } = await aligned(mixed(trace), true);
    expect([...pairs].filter(([own]) => Number(own.slice(1)) >= 15).length).toBeGreaterThan(0);
    expect(
      [...pairs].filter(([own, name]) => Number(own.slice(1)) < 15 && names[Number(own.slice(1))] === name),
    ).toHaveLength(15);
  });
});

describe('names that are counted otherwise', () => {
  const counted = (i: number) => `Tanh-${i}`; // the i-th that is recorded, not the i-th of the network
  const products = names.filter((name) => name.startsWith('product'));

  it('count no more where the numbers say that they are others', async () => {
    const { trace, theirs } = recorded([], [...products, 'tanh0', 'tanh4'], counted);
    const { pairs } = await aligned(trace, true);
    expect(Object.fromEntries(pairs)).toEqual({ x: 'x', ...Object.fromEntries(theirs) });
  });

  it('count where a bug alone makes the values others', () => {
    const right = run(new Map());
    const spoilt = recorded(['tanh1'], products, counted).trace;
    const matches = Array.from({ length: 10 }, (_, i) => ({
      mine: `Tanh-${i}`,
      theirs: `tanh${i}`,
      why: '',
      confidence: 0.95,
    }));
    const context = { graph, types, trace: spoilt, map: new Map(), mine: [], theirs: names, sketches: sketched(right) };
    expect(contradicted(matches, context)).toEqual([]);
  });
});
