import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { cutGraph } from '../../../adapters/onnx/cut.ts';
import { encodeModel } from '../../../adapters/onnx/encode.ts';
import { runModel } from '../../../adapters/onnxruntime/run-model.ts';
import { float32, fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { errorOf } from './_proto.ts';

/** y = relu(x·w) + x·w, both uses of the product being cut or not. */
function network(): Graph {
  const b = new GraphBuilder('net', 17);
  const x = b.input('x', 'float32', [2]);
  const w = b.initializer('w', float32([2], [3, -5]));
  const product = b.node('Mul', [x, w], {}, { outputNames: ['product'] });
  const active = b.node('Relu', [product], {}, { outputNames: ['active'] });
  b.output(b.node('Add', [active, product], {}, { outputNames: ['y'] }));
  b.output(product);
  return b.graph();
}

/** The branches read `a`, one through a name of its own, one by returning it, and one shadows it. */
function branches(): Graph {
  const reads = new GraphBuilder('then', 17);
  reads.output(reads.node('Neg', ['a'], {}, { outputNames: ['r'] }));
  const inner = new GraphBuilder('inner', 17);
  inner.output(inner.node('Abs', ['a'], {}, { outputNames: ['r1'] }));
  const nests = new GraphBuilder('else', 17);
  const both = {
    then_branch: { kind: 'graph', value: inner.graph() },
    else_branch: { kind: 'graph', value: inner.graph() },
  } as const;
  nests.output(nests.node('If', ['c'], both, { outputNames: ['r2'] }));
  const b = new GraphBuilder('net', 17);
  const c = b.input('c', 'bool', []);
  const a = b.node('Exp', [b.input('x', 'float32', [1])], {}, { outputNames: ['a'] });
  b.node('Identity', [a], {}, { outputNames: ['z'] });
  const attributes = {
    then_branch: { kind: 'graph', value: reads.graph() },
    else_branch: { kind: 'graph', value: nests.graph() },
  } as const;
  b.output(b.node('If', [c], attributes, { outputNames: ['y'] }));
  return b.graph();
}

/** The inputs as they are fed: a cut graph does not know what its new ones are. */
const typed = (graph: Graph, feeds: ReadonlyMap<string, Tensor>): Graph => ({
  ...graph,
  inputs: graph.inputs.map(({ name }) => ({ name, ...(feeds.get(name) as Tensor) })),
});

describe('a cut graph', () => {
  it('reads the cut tensor at every use, and still produces it', () => {
    const { graph, aliases } = cutGraph(network(), new Set(['product']));
    expect(graph.nodes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [['x', 'w'], ['product']],
      [['cut::product'], ['active']],
      [['active', 'cut::product'], ['y']],
    ]);
    expect([...aliases]).toEqual([['cut::product', 'product']]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y', 'product']);
  });
  it('is cut at inputs and parameters too, whose types it knows', () => {
    const { graph } = cutGraph(network(), new Set(['x', 'w', 'product']));
    expect(graph.nodes[0]?.inputs).toEqual(['cut::x', 'cut::w']);
    expect(graph.inputs).toEqual([
      { name: 'x', dtype: 'float32', shape: [2] },
      { name: 'cut::x', dtype: 'float32', shape: [2] },
      { name: 'cut::w', dtype: 'float32', shape: [2] },
      { name: 'cut::product', dtype: null, shape: null },
    ]);
    expect(graph.initializers.has('w')).toBe(true);
  });
  it('computes each segment from what it is fed, and the segment before it from its own', async () => {
    const { graph } = cutGraph(network(), new Set(['product']));
    const feeds = new Map([
      ['x', float32([2], [1, 2])],
      ['cut::product', float32([2], [10, -20])],
    ]);
    const bytes = encodeModel(typed(graph, feeds));
    const run = await runModel(bytes, feeds, ['product', 'y']);
    expect([...toNumbers(run.get('product') as never)]).toEqual([3, -10]);
    expect([...toNumbers(run.get('y') as never)]).toEqual([20, -20]);
  });
  it('is cut inside sub-graphs, however deep', async () => {
    const { graph } = cutGraph(branches(), new Set(['a', 'c']));
    const feed = (c: number) =>
      new Map([
        ['c', fromNumbers('bool', [], [1])],
        ['x', float32([1], [0])],
        ['cut::a', float32([1], [-7])],
        ['cut::c', fromNumbers('bool', [], [c])],
      ]);
    const bytes = encodeModel(typed(graph, feed(1)));
    const value = async (c: number) => [...toNumbers((await runModel(bytes, feed(c), ['y'])).get('y') as never)];
    expect(await value(1)).toEqual([7]);
    expect(await value(0)).toEqual([7]);
  });
  it('leaves a name alone that a sub-graph gives to a tensor of its own', () => {
    const own = new GraphBuilder('body', 17);
    own.output(own.node('Relu', [own.node('Neg', ['b'], {}, { outputNames: ['a'] })], {}, { outputNames: ['r'] }));
    const b = new GraphBuilder('net', 17);
    for (const name of ['a', 'b', 'c']) b.input(name, 'float32', [1]);
    b.output(b.node('If', ['c'], { then_branch: { kind: 'graph', value: own.graph() } }, { outputNames: ['y'] }));
    const attribute = cutGraph(b.graph(), new Set(['a', 'b'])).graph.nodes[0]?.attributes['then_branch'];
    const inside = attribute?.kind === 'graph' ? attribute.value.nodes.map(({ inputs }) => inputs) : [];
    expect(inside).toEqual([['cut::b'], ['a']]);
  });
  it('rewrites a sub-graph that returns the tensor itself', () => {
    const body: Graph = { ...new GraphBuilder('body', 17).graph(), outputs: [{ name: 'a', dtype: null, shape: null }] };
    const b = new GraphBuilder('net', 17);
    for (const name of ['a', 'c']) b.input(name, 'float32', [1]);
    b.output(b.node('If', ['c'], { then_branch: { kind: 'graph', value: body } }, { outputNames: ['y'] }));
    const attribute = cutGraph(b.graph(), new Set(['a'])).graph.nodes[0]?.attributes['then_branch'];
    expect(attribute?.kind === 'graph' && attribute.value.outputs[0]?.name).toBe('cut::a');
  });
  it('with nothing cut is the graph', () => {
    expect(encodeModel(cutGraph(network(), new Set()).graph)).toEqual(encodeModel(network()));
  });
  it('cannot be cut where there is nothing', () => {
    expect(errorOf(() => cutGraph(network(), new Set(['product', 'gone'])))).toMatchObject({
      code: 'E_INPUT',
      place: 'tensor "gone"',
    });
  });
});

it('a builder refuses the same name twice', () => {
  const b = new GraphBuilder('net', 17);
  b.input('x', 'float32', [1]);
  expect(errorOf(() => b.initializer('x', float32([1], [1])))).toMatchObject({ code: 'E_MODEL' });
  expect(errorOf(() => b.node('Relu', ['x'], {}, { outputNames: ['x'] }))).toMatchObject({ code: 'E_MODEL' });
});
