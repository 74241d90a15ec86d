import { describe, expect, it } from '@jest/globals';
import { encodeModel } from '../../../adapters/onnx/encode.ts';
import { decodeModel } from '../../../adapters/onnx/model.ts';
import { encodeMessage } from '../../../adapters/onnx/wire.ts';
import { runModel } from '../../../adapters/onnxruntime/run-model.ts';
import { float32 } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import { errorOf, graph, type ModelDraft, modelBytes, modelOf, node, type NodeDraft, opsets } from './_proto.ts';

interface FunctionDraft {
  readonly name: string;
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly nodes: readonly NodeDraft[];
  readonly attribute?: readonly string[];
  readonly defaults?: readonly object[];
  readonly opset?: number;
  readonly overload?: string;
}

const fn = ({
  name,
  in: input,
  out: output,
  nodes,
  attribute = [],
  defaults = [],
  opset = 17,
  overload = '',
}: FunctionDraft) => ({
  name,
  domain: 'f',
  input,
  output,
  node: nodes.map(node),
  attribute,
  attributeProto: defaults,
  overload,
  opsetImport: opsets([
    ['', opset],
    ['f', 1],
  ]),
});

const versions: ModelDraft['opsets'] = [
  ['', 17],
  ['f', 1],
];
const call = (
  name: string,
  input: readonly string[],
  out: readonly string[],
  more: Partial<NodeDraft> = {},
): NodeDraft => ({
  op: name,
  domain: 'f',
  in: input,
  out,
  ...more,
});

const floatAttribute = (name: string, f: number) => ({ name, type: 1, f });
const lines = (g: Graph): string[] =>
  g.nodes.map(({ name, op, inputs, outputs }) => `${name}: ${outputs.join()} = ${op}(${inputs.join()})`);

/** leaky(x) = LeakyRelu(x) with the caller's slope, or 0.5; twice(x) = leaky(leaky(x)). */
const leaky = fn({
  name: 'leaky',
  in: ['x'],
  out: ['y'],
  defaults: [floatAttribute('slope', 0.5)],
  nodes: [{ op: 'LeakyRelu', in: ['x'], out: ['y'], attribute: [{ name: 'alpha', refAttrName: 'slope', type: 1 }] }],
});
const twice = fn({
  name: 'twice',
  in: ['x'],
  out: ['y'],
  attribute: ['inner'],
  nodes: [
    call('leaky', ['x'], ['mid'], { name: 'a', attribute: [{ name: 'slope', refAttrName: 'inner', type: 1 }] }),
    call('leaky', ['mid'], ['y'], { name: 'b' }),
  ],
});

describe('functions of a model', () => {
  const main: ModelDraft = {
    opsets: versions,
    functions: [twice, leaky],
    inputs: ['x'],
    nodes: [
      call('twice', ['x'], ['m'], { name: 'one', attribute: [floatAttribute('inner', 0.25)] }),
      call('twice', ['m'], ['y'], { name: 'two' }),
    ],
    outputs: ['y'],
  };

  it('are unfolded, nested ones too, under names of their own', () => {
    expect(lines(modelOf(main).graph)).toEqual([
      'one/a/LeakyRelu:y: one/mid = LeakyRelu(x)',
      'one/b/LeakyRelu:y: m = LeakyRelu(one/mid)',
      'two/a/LeakyRelu:y: two/mid = LeakyRelu(m)',
      'two/b/LeakyRelu:y: y = LeakyRelu(two/mid)',
    ]);
  });
  it('get the attributes of the call, or their defaults, or none', () => {
    const slopes = modelOf(main).graph.nodes.map(({ attributes }) => attributes['alpha']);
    // Where the caller has no `inner`, leaky is called without a slope, and its own default holds.
    expect(slopes).toEqual([0.25, 0.5, 0.5, 0.5].map((value) => ({ kind: 'float', value })));
    const bare = fn({ ...bareLeaky, name: 'bare' });
    const { nodes } = modelOf({ ...main, functions: [bare], nodes: [call('bare', ['x'], ['y'])] }).graph;
    expect(nodes[0]?.attributes).toEqual({});
  });
  it('compute what ONNX Runtime computes, which unfolds them itself', async () => {
    const feeds = new Map([['x', float32([], [-8])]]);
    const ours = await runModel(encodeModel(modelOf(main).graph), feeds, ['y']);
    const theirs = await runModel(modelBytes(main), feeds, ['y']);
    expect(ours.get('y')).toEqual(float32([], [-0.25]));
    expect(theirs.get('y')).toEqual(float32([], [-0.25]));
  });
  it('never take the name of a tensor that is there', () => {
    const clash = { op: 'Abs', in: ['x'], out: ['one/mid'] };
    const { nodes } = modelOf({ ...main, nodes: [...(main.nodes ?? []), clash] }).graph;
    expect(nodes.map(({ outputs }) => outputs[0])).toEqual(['one/mid_', 'm', 'two/mid', 'y', 'one/mid']);
  });
  it('are told apart by their overload', () => {
    const other = fn({ ...bareLeaky, name: 'leaky', overload: 'v2', nodes: [{ op: 'Abs', in: ['x'], out: ['y'] }] });
    const calls = [{ ...node(call('leaky', ['x'], ['a'])), overload: 'v2' }, node(call('leaky', ['a'], ['y']))];
    const bytes = modelBytes({ ...main, functions: [leaky, other], nodes: [] });
    const model = modelOfNodes(bytes, calls);
    expect(model.nodes.map(({ op }) => op)).toEqual(['Abs', 'LeakyRelu']);
  });
  it('may have optional inputs that a call leaves out, and outputs that it does not take', () => {
    const f = fn({
      name: 'bound',
      in: ['x', 'low', 'high'],
      out: ['y', 'z'],
      nodes: [
        { op: 'Clip', in: ['x', 'low', 'high'], out: ['y'] },
        { op: 'Abs', in: ['y'], out: ['z'] },
      ],
    });
    const model = { ...main, functions: [f], nodes: [call('bound', ['x'], ['y'], { name: 'n' })] };
    expect(lines(modelOf(model).graph)).toEqual(['n/Clip:y: y = Clip(x,,)', 'n/Abs:z: n/z = Abs(y)']);
  });
  it('may pass an input through', () => {
    const f = fn({ name: 'same', in: ['x'], out: ['x'], nodes: [] });
    const model = { ...main, functions: [f], nodes: [call('same', ['x'], ['y'], { name: 'n' })] };
    expect(lines(modelOf(model).graph)).toEqual(['n/x: y = Identity(x)']);
  });
  it('may hold sub-graphs, whose names are theirs, and be called from sub-graphs', () => {
    const branch = graph({ nodes: [{ op: 'Add', in: ['x', 't'], out: ['t2'] }], outputs: ['t2'] });
    const both = ['then_branch', 'else_branch'].map((name) => ({ name, type: 5, g: branch }));
    const f = fn({
      name: 'choose',
      in: ['c', 'x'],
      out: ['y'],
      nodes: [
        { op: 'Abs', in: ['x'], out: ['t'] },
        { op: 'If', in: ['c'], out: ['y'], attribute: both },
      ],
    });
    const outer = graph({ nodes: [call('choose', ['c', 'x'], ['r'], { name: 'k' })], outputs: ['r'] });
    const { nodes } = modelOf({
      ...main,
      functions: [f],
      inputs: ['x', 'c'],
      nodes: [
        {
          op: 'If',
          in: ['c'],
          out: ['y'],
          name: 'if',
          attribute: ['then_branch', 'else_branch'].map((name) => ({ name, type: 5, g: outer })),
        },
      ],
    }).graph;
    const body = nodes[0]?.attributes['then_branch'];
    const inner = body?.kind === 'graph' ? body.value : null;
    expect(lines(inner as Graph)).toEqual(['k/Abs:t: k/t = Abs(x)', 'k/If:y: r = If(c)']);
    const deep = inner?.nodes[1]?.attributes['then_branch'];
    expect(deep?.kind === 'graph' && lines(deep.value)).toEqual(['k/Add:t2: k/t2 = Add(x,k/t)']);
    expect(deep?.kind === 'graph' && deep.value.outputs[0]?.name).toBe('k/t2');
  });
  it('may be of another version of an operator set, unless an operator of theirs was changed between the two', () => {
    const older = { ...main, functions: [twice, { ...leaky, opsetImport: opsets([['', 11]]) }] };
    expect(modelOf(older).graph.nodes).toHaveLength(4);
    const squeeze = fn({ ...bareLeaky, name: 'squeeze', opset: 11, nodes: [{ op: 'Squeeze', in: ['x'], out: ['y'] }] });
    const error = errorOf(() => modelOf({ ...main, functions: [squeeze], nodes: [call('squeeze', ['x'], ['y'])] }));
    expect(error).toMatchObject({ code: 'E_UNSUPPORTED', place: 'm.onnx, function "squeeze"' });
    expect(error.message).toContain('Squeeze of operator set 11');
  });
});

const bareLeaky: FunctionDraft = {
  name: 'bare',
  in: ['x'],
  out: ['y'],
  attribute: ['slope'],
  nodes: [{ op: 'LeakyRelu', in: ['x'], out: ['y'], attribute: [{ name: 'alpha', refAttrName: 'slope', type: 1 }] }],
};

describe('functions that cannot be unfolded are refused', () => {
  const model = (functions: readonly object[], nodes: readonly NodeDraft[]) => () =>
    modelOf({ opsets: versions, functions, inputs: ['x'], nodes, outputs: ['y'] });

  it('where one calls itself', () => {
    const self = fn({ name: 'self', in: ['x'], out: ['y'], nodes: [call('self', ['x'], ['y'])] });
    expect(errorOf(model([self], [call('self', ['x'], ['y'])]))).toMatchObject({ code: 'E_MODEL' });
  });
  it('where two call one another, naming the way', () => {
    const a = fn({ name: 'a', in: ['x'], out: ['y'], nodes: [call('b', ['x'], ['y'])] });
    const b = fn({ name: 'b', in: ['x'], out: ['y'], nodes: [call('a', ['x'], ['y'])] });
    const error = errorOf(model([a, b], [call('a', ['x'], ['y'])]));
    expect(error.message).toContain('f::a → f::b → f::a');
  });
  it('where one is defined twice', () => {
    const error = errorOf(model([leaky, leaky], [call('leaky', ['x'], ['y'])]));
    expect(error).toMatchObject({ code: 'E_MODEL', place: 'm.onnx, function "f::leaky"' });
  });
  it('where a call gives more inputs or takes more outputs than there are', () => {
    expect(errorOf(model([leaky], [call('leaky', ['x', 'x'], ['y'])])).code).toBe('E_MODEL');
    expect(errorOf(model([leaky], [call('leaky', ['x'], ['y', 'z'])])).code).toBe('E_MODEL');
  });
  it('where they are nested deeper than any model nests them', () => {
    const chain = Array.from({ length: 5000 }, (_, i) =>
      fn({
        name: `f${i}`,
        in: ['x'],
        out: ['y'],
        nodes: [i === 0 ? { op: 'Relu', in: ['x'], out: ['y'] } : call(`f${i - 1}`, ['x'], ['y'])],
      }),
    );
    expect(errorOf(model(chain, [call('f4999', ['x'], ['y'])])).code).toBe('E_LIMIT');
    expect(model(chain, [call('f49', ['x'], ['y'])])().graph.nodes).toHaveLength(1);
  });
  it('where a few of them would unfold into more nodes than any model has', () => {
    const levels = Array.from({ length: 40 }, (_, i) =>
      fn({
        name: `f${i}`,
        in: ['x'],
        out: ['y'],
        nodes:
          i === 0
            ? [{ op: 'Relu', in: ['x'], out: ['y'] }]
            : [call(`f${i - 1}`, ['x'], ['m']), call(`f${i - 1}`, ['m'], ['y'])],
      }),
    );
    expect(errorOf(model(levels, [call('f39', ['x'], ['y'])])).code).toBe('E_LIMIT');
  });
});

/** The graph of a model whose nodes are given as they are. */
function modelOfNodes(bytes: Uint8Array, nodes: readonly object[]): Graph {
  const more = encodeMessage('ModelProto', { graph: { node: nodes } });
  return decodeModel(Buffer.concat([bytes, more]), { place: 'm.onnx', directory: null }).graph;
}
