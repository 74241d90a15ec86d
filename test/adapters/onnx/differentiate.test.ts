import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { cutGraph } from '../../../adapters/onnx/cut.ts';
import type { Backward, DifferentiateOptions } from '../../../adapters/onnx/differentiate.ts';
import { differentiate } from '../../../adapters/onnx/differentiate.ts';
import { encodeModel } from '../../../adapters/onnx/encode.ts';
import type { Concrete } from '../../../adapters/onnx/rule.ts';
import { int, ints } from '../../../adapters/onnx/rule.ts';
import { runModel } from '../../../adapters/onnxruntime/run-model.ts';
import { float32, fromNumbers, int64, toNumbers } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { DataType, Shape, Tensor } from '../../../harness/types/tensor.ts';

type Described = Readonly<Record<string, readonly [DataType, Shape]>>;

/** What a run would have found, written down. */
function concreteOf(graph: Graph, described: Described): Concrete {
  const of = (name: string): readonly [DataType, Shape] => {
    const source = graph.initializers.get(name);
    return source === undefined ? (described[name] as [DataType, Shape]) : [source.dtype, source.shape];
  };
  return {
    dtype: (name) => of(name)[0],
    shape: (name) => of(name)[1],
    constant: (name) => graph.initializers.get(name)?.read(),
  };
}

const OPTIONS: DifferentiateOptions = { loss: null, seeds: new Map(), wants: [], aliases: new Map() };

async function gradientsOf(
  backward: Backward,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, number[]>> {
  const outputs = [...new Set(backward.gradients.values())];
  const needed = new Set(backward.graph.inputs.map((input) => input.name));
  const fed = new Map(Object.entries(feeds).filter(([name]) => needed.has(name)));
  const results = await runModel(encodeModel(backward.graph, { inline: () => true }), fed, outputs);
  return Object.fromEntries(
    [...backward.gradients].map(([name, output]) => [name, [...toNumbers(results.get(output) as Tensor)]]),
  );
}

const f32 = (...numbers: number[]): Tensor => float32([numbers.length], numbers);
const vector = (...names: string[]): Described => Object.fromEntries(names.map((name) => [name, ['float32', [2]]]));

/** a = x · w, y = a + a · a; y is an output, and a is one too. */
function diamond(): { graph: Graph; described: Described } {
  const b = new GraphBuilder('diamond', 21);
  const [x, w] = [b.input('x', 'float32', [2]), b.input('w', 'float32', [2])];
  const a = b.node('Mul', [x, w], {}, { outputNames: ['a'] });
  const square = b.node('Mul', [a, a], {}, { outputNames: ['square'] });
  b.output(b.node('Add', [a, square], {}, { outputNames: ['y'] }));
  b.output(a);
  return { graph: b.graph(), described: vector('x', 'w', 'a', 'square', 'y') };
}

describe('differentiate', () => {
  it('sums over all uses: two nodes, two slots of one node, and a seeded output', async () => {
    const { graph, described } = diamond();
    const seeds = new Map([['y', 'dy']]);
    const backward = differentiate(graph, concreteOf(graph, described), { ...OPTIONS, seeds, wants: ['x', 'w', 'a'] });
    const got = await gradientsOf(backward, { x: f32(2, 3), w: f32(5, 7), a: f32(10, 21), dy: f32(1, -2) });
    // dy/da = 1 + 2a = 21, 43
    expect(got).toEqual({ a: [21, -86], x: [105, -602], w: [42, -258] });
  });

  it('answers for a seeded tensor with what arrives from its uses, and passes its seed on', async () => {
    const { graph, described } = diamond();
    const seeds = new Map([
      ['y', 'dy'],
      ['a', 'da'],
    ]);
    const backward = differentiate(graph, concreteOf(graph, described), { ...OPTIONS, seeds, wants: ['x', 'a', 'y'] });
    const got = await gradientsOf(backward, { w: f32(5, 7), a: f32(10, 21), dy: f32(1, -2), da: f32(100, 200) });
    expect(got).toEqual({ a: [21, -86], x: [500, 1400] });
    expect(backward.zero).toEqual(['y']);
  });

  it('differentiates a cut graph as if it were whole, on the values that are fed', async () => {
    const { graph, described } = diamond();
    const cut = cutGraph(graph, new Set(['a', 'w']));
    const seeds = new Map([
      ['y', 'dy'],
      ['a', 'da'],
    ]);
    const options = { loss: null, seeds, wants: ['x', 'w', 'a'], aliases: cut.aliases };
    const backward = differentiate(cut.graph, concreteOf(cut.graph, described), options);
    expect(backward.graph.inputs.map((input) => input.name).toSorted()).toEqual(['cut::a', 'cut::w', 'da', 'dy', 'x']);
    const feeds = { x: f32(2, 3), 'cut::w': f32(50, 70), 'cut::a': f32(0, 1), dy: f32(1, -2), da: f32(100, 200) };
    expect(await gradientsOf(backward, feeds)).toEqual({ a: [1, -6], x: [5000, 14000], w: [200, 600] });
  });

  it('lets a cut tensor without a seed pass on what arrived', async () => {
    const { graph, described } = diamond();
    const cut = cutGraph(graph, new Set(['a']));
    const options = { loss: null, seeds: new Map([['y', 'dy']]), wants: ['x', 'a'], aliases: cut.aliases };
    const backward = differentiate(cut.graph, concreteOf(cut.graph, described), options);
    const got = await gradientsOf(backward, { w: f32(5, 7), 'cut::a': f32(0, 1), dy: f32(1, -2) });
    expect(got).toEqual({ a: [1, -6], x: [5, -42] });
  });

  it('starts at the loss with 1, and answers 1 for it', async () => {
    const b = new GraphBuilder('loss', 21);
    const loss = b.node(
      'ReduceSum',
      [b.node('Exp', [b.input('x', 'float64', [2])], {}, { outputNames: ['e'] })],
      { keepdims: int(0) },
      { outputNames: ['loss'] },
    );
    b.output(loss);
    const described: Described = { x: ['float64', [2]], e: ['float64', [2]], loss: ['float64', []] };
    const backward = differentiate(b.graph(), concreteOf(b.graph(), described), {
      ...OPTIONS,
      loss,
      wants: ['x', 'loss'],
    });
    const got = await gradientsOf(backward, { e: fromNumbers('float64', [2], [3, 4]) });
    expect(got).toEqual({ x: [3, 4], loss: [1] });
  });

  it('prefers a seed of the loss to 1', async () => {
    const b = new GraphBuilder('loss', 21);
    b.output(b.node('ReduceSum', [b.input('x', 'float32', [2])], { keepdims: int(0) }, { outputNames: ['loss'] }));
    const described: Described = { x: ['float32', [2]], loss: ['float32', []] };
    const options = { ...OPTIONS, loss: 'loss', seeds: new Map([['loss', 'd']]), wants: ['x', 'loss'] };
    const backward = differentiate(b.graph(), concreteOf(b.graph(), described), options);
    expect(await gradientsOf(backward, { d: float32([], [5]) })).toEqual({ x: [5, 5], loss: [1] });
  });

  it('gives zeros to the parts of a node that nothing was asked of', async () => {
    const b = new GraphBuilder('split', 21);
    const sizes = b.initializer('sizes', int64([2], [1, 2]));
    const parts = b.nodes(
      'Split',
      [b.input('x', 'float32', [3]), sizes],
      { axis: int(0) },
      { outputNames: ['p', 'q'] },
    );
    for (const part of parts) b.output(part);
    const described: Described = { x: ['float32', [3]], p: ['float32', [1]], q: ['float32', [2]] };
    const options = { ...OPTIONS, seeds: new Map([['q', 'dq']]), wants: ['x'] };
    const backward = differentiate(b.graph(), concreteOf(b.graph(), described), options);
    expect(await gradientsOf(backward, { dq: f32(5, 6) })).toEqual({ x: [0, 5, 6] });
  });

  it('names a node at which the gradient stops, and what it therefore does not reach', () => {
    const b = new GraphBuilder('stop', 21);
    const x = b.input('x', 'float32', [2]);
    b.output(b.node('Floor', [x], {}, { name: 'steps', outputNames: ['y'] }));
    const options = { ...OPTIONS, seeds: new Map([['y', 'dy']]), wants: ['x'] };
    const backward = differentiate(b.graph(), concreteOf(b.graph(), vector('x', 'y')), options);
    expect([backward.zero, backward.stopped, backward.graph.nodes]).toEqual([['x'], ['steps'], []]);
  });

  it('has no gradient for whole numbers, and lets none through them', () => {
    const b = new GraphBuilder('whole', 21);
    const x = b.input('x', 'float32', [2]);
    const whole = b.node('Cast', [x], { to: int(7) }, { outputNames: ['whole'] });
    b.output(b.node('Cast', [whole], { to: int(1) }, { outputNames: ['y'] }));
    const described: Described = { ...vector('x', 'y'), whole: ['int64', [2]] };
    const options = { ...OPTIONS, seeds: new Map([['y', 'dy']]), wants: ['x', 'whole'] };
    expect(differentiate(b.graph(), concreteOf(b.graph(), described), options).zero).toEqual(['x', 'whole']);
  });

  it('names the operator that has no rule, and does not mind it off the path', () => {
    const b = new GraphBuilder(
      'unknown',
      new Map([
        ['', 21],
        ['my.domain', 1],
      ]),
    );
    const x = b.input('x', 'float32', [2]);
    b.output(b.node('Twist', [x], {}, { name: 'twist_1', domain: 'my.domain', outputNames: ['y'] }));
    b.output(b.node('Relu', [x], {}, { outputNames: ['z'] }));
    const concrete = concreteOf(b.graph(), vector('x', 'y', 'z'));
    const seeded = (name: string) => ({ ...OPTIONS, seeds: new Map([[name, 'seed']]), wants: ['x'] });
    expect(() => differentiate(b.graph(), concrete, seeded('y'))).toThrow(
      /E_NO_GRADIENT {2}twist_1: .*my\.domain\.Twist \(\d+ operators/,
    );
    expect(differentiate(b.graph(), concrete, seeded('z')).zero).toEqual([]);
  });

  it('does not overlook what a sub-graph reads from outside', () => {
    const inner = new GraphBuilder('branch', 21);
    inner.output(inner.node('Neg', ['x'], {}, { outputNames: ['inner'] }));
    const b = new GraphBuilder('if', 21);
    b.input('x', 'float32', [2]);
    const condition = b.initializer('condition', { dtype: 'bool', shape: [], data: Uint8Array.of(1) });
    const branch = { kind: 'graph', value: inner.graph() } as const;
    b.output(
      b.node('If', [condition], { then_branch: branch, else_branch: branch }, { name: 'if_1', outputNames: ['y'] }),
    );
    const options = { ...OPTIONS, seeds: new Map([['y', 'dy']]), wants: ['x'] };
    expect(() => differentiate(b.graph(), concreteOf(b.graph(), vector('x', 'y')), options)).toThrow(
      /E_NO_GRADIENT {2}if_1/,
    );
  });

  it.each([
    ['of several elements', ['float32', [2]]],
    ['of a whole type', ['int64', []]],
  ] as const)('refuses a loss %s', (_, described) => {
    const b = new GraphBuilder('loss', 21);
    b.output(b.node('Identity', [b.input('x', 'float32', [2])], {}, { outputNames: ['y'] }));
    const concrete = concreteOf(b.graph(), { x: ['float32', [2]], y: described });
    expect(() => differentiate(b.graph(), concrete, { ...OPTIONS, loss: 'y', wants: ['x'] })).toThrow(/E_LOSS {2}y/);
  });

  it('writes the same graph for the same request, with names that no forward tensor has', () => {
    const b = new GraphBuilder('names', 21);
    const x = b.input('grad::x', 'float32', [2]);
    b.output(b.node('Mul', [x, x], {}, { name: 'n', outputNames: ['grad:constant_0'] }));
    const concrete = concreteOf(b.graph(), vector('grad::x', 'grad:constant_0'));
    const options = { ...OPTIONS, seeds: new Map([['grad:constant_0', 'dy']]), wants: [x] };
    const [one, two] = [differentiate(b.graph(), concrete, options), differentiate(b.graph(), concrete, options)];
    expect(one).toEqual(two);
    const made = one.graph.nodes.flatMap((node) => node.outputs);
    expect(made.filter((name) => name.startsWith('grad:') || name === 'dy')).toEqual([]);
    expect(new Set(made).size).toBe(made.length);
  });

  it('shares equal constants, reads forward values by name, and copies no weight', () => {
    const b = new GraphBuilder('shared', 21);
    const w = b.initializer('w', float32([2, 2], [1, 2, 3, 4]));
    const shape = b.initializer('shape', int64([2], [1, 2]));
    const product = b.node('MatMul', [b.input('x', 'float32', [2, 2]), w], {}, { outputNames: ['p'] });
    const first = b.node('Transpose', [product], { perm: ints([1, 0]) }, { outputNames: ['t'] });
    b.output(
      b.node(
        'Add',
        [
          b.node('Reshape', [first, shape], {}, { outputNames: ['r'] }),
          b.node('Reshape', [product, shape], {}, { outputNames: ['s'] }),
        ],
        {},
        { outputNames: ['y'] },
      ),
    );
    const square: readonly [DataType, Shape] = ['float32', [2, 2]];
    const described: Described = { x: square, p: square, t: square, r: square, s: square, y: square };
    const options = { ...OPTIONS, seeds: new Map([['y', 'dy']]), wants: ['x'] };
    const { graph } = differentiate(b.graph(), concreteOf(b.graph(), described), options);
    expect(graph.inputs.map((input) => input.name).toSorted()).toEqual(['dy', 'w']);
    expect([...graph.initializers.values()].map((source) => toNumbers(source.read()))).toEqual([Float64Array.of(2, 2)]);
  });

  it('differentiates 5,000 nodes in less than 2 seconds', () => {
    const b = new GraphBuilder('deep', 21);
    let x = b.input('x', 'float32', [2]);
    const names = [x];
    for (let k = 0; k < 2500; k++) {
      x = b.node('Add', [b.node('Tanh', [x], {}, { outputNames: [`t${k}`] }), 'x'], {}, { outputNames: [`y${k}`] });
      names.push(`t${k}`, x);
    }
    b.output(x);
    const graph = b.graph();
    const options = { ...OPTIONS, seeds: new Map([[x, 'dy']]), wants: names };
    const start = performance.now();
    const { gradients } = differentiate(graph, concreteOf(graph, vector(...names)), options);
    expect(performance.now() - start).toBeLessThan(2000);
    expect([...gradients.keys()].length).toBe(names.length - 1);
  });
});
