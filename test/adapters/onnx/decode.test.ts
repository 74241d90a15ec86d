import { describe, expect, it } from '@jest/globals';
import { decodeModel } from '../../../adapters/onnx/model.ts';
import { outerReads, readsOf } from '../../../adapters/onnx/names.ts';
import { encodeMessage, longOf } from '../../../adapters/onnx/wire.ts';
import { errorOf, graph, type ModelDraft, modelBytes, modelOf, weight } from './_proto.ts';

const relu: ModelDraft = { inputs: ['x'], nodes: [{ op: 'Relu', in: ['x'], out: ['y'] }], outputs: ['y'] };
const ops = (draft: ModelDraft): string[] => modelOf(draft).graph.nodes.map(({ op }) => op);

describe('a decoded model', () => {
  it('says who wrote it, in which versions', () => {
    const bytes = Buffer.concat([
      encodeMessage('ModelProto', { producerName: 'someone', producerVersion: '1.2' }),
      modelBytes({
        ...relu,
        opsets: [
          ['ai.onnx', 17],
          ['com.microsoft', 1],
        ],
      }),
    ]);
    const model = decodeModel(bytes, { place: 'm.onnx', directory: null });
    expect(model).toMatchObject({ irVersion: 8, producer: 'someone 1.2' });
    expect([...model.graph.opset]).toEqual([
      ['', 17],
      ['com.microsoft', 1],
    ]);
  });
  it('takes "ai.onnx" and "" for the same domain', () => {
    const both: ModelDraft = {
      ...relu,
      opsets: [
        ['', 17],
        ['ai.onnx', 17],
      ],
    };
    expect([...modelOf(both).graph.opset]).toEqual([['', 17]]);
    const long = { ...relu, nodes: [{ op: 'Relu', domain: 'ai.onnx', in: ['x'], out: ['y'] }] };
    expect(modelOf(long).graph.nodes[0]?.domain).toBe('');
  });
  it('has no input that has an initializer, as files up to IR 3 list it', () => {
    const { graph: g } = modelOf({
      ir: 3,
      inputs: ['x', 'w'],
      initializers: [weight('w')],
      nodes: [{ op: 'Add', in: ['x', 'w'], out: ['y'] }],
      outputs: ['y'],
    });
    expect(g.inputs.map(({ name }) => name)).toEqual(['x']);
    expect([...g.initializers.keys()]).toEqual(['w']);
  });
  it('knows types and shapes of inputs, and says null where the model is silent', () => {
    const dim = [{ dimValue: longOf(2) }, { dimParam: 'batch' }, {}, { dimValue: longOf(-1) }, { dimValue: longOf(0) }];
    const typed = { name: 'x', type: encodeMessage('TypeProto', { tensorType: { elemType: 7, shape: { dim } } }) };
    const bare = { name: 'z' };
    const float8 = {
      name: 'q',
      type: encodeMessage('TypeProto', { tensorType: { elemType: 17, shape: { dim: [] } } }),
    };
    const bytes = encodeMessage('ModelProto', {
      irVersion: longOf(8),
      opsetImport: [{ version: longOf(17) }],
      graph: { ...graph(relu), input: [typed, bare, float8], node: [], output: [{ name: 'x' }] },
    });
    expect(decodeModel(bytes, { place: 'm.onnx', directory: null }).graph.inputs).toEqual([
      { name: 'x', dtype: 'int64', shape: [2, 'batch', null, null, 0] },
      { name: 'z', dtype: null, shape: null },
      { name: 'q', dtype: null, shape: [] },
    ]);
  });
  it('has a unique name for every node', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((out, i) => ({
      op: 'Relu',
      in: ['x'],
      out: [out],
      name: i < 2 ? 'same' : '',
    }));
    const none = { op: 'Print', in: ['x'], out: [] };
    const names = modelOf({ inputs: ['x'], nodes: [...nodes, none, none], outputs: ['a'] }).graph.nodes.map(
      (n) => n.name,
    );
    expect(names).toEqual(['same', 'same#2', 'Relu:c', 'Relu:d', 'Print:', 'Print:#2']);
  });
  it('is sorted: the order of the file where that is one, and a right one where it is not', () => {
    const a = { op: 'Relu', in: ['x'], out: ['a'] };
    const b = { op: 'Abs', in: ['x'], out: ['b'] };
    const c = { op: 'Add', in: ['a', 'b'], out: ['c'] };
    const end = { inputs: ['x'], outputs: ['c'] };
    expect(ops({ nodes: [b, a, c], ...end })).toEqual(['Abs', 'Relu', 'Add']);
    expect(ops({ nodes: [c, b, a], ...end })).toEqual(['Relu', 'Abs', 'Add']);
  });
  it('is sorted by what sub-graphs read from outside, too', () => {
    const branch = (name: string) => graph({ nodes: [{ op: 'Neg', in: [name], out: ['r'] }], outputs: ['r'] });
    const body = graph({
      nodes: [
        {
          op: 'If',
          in: ['flag'],
          out: ['r'],
          attribute: [
            { name: 'then_branch', type: 5, g: branch('a') },
            { name: 'else_branch', type: 5, g: branch('x') },
          ],
        },
      ],
      outputs: ['r'],
    });
    const { nodes } = modelOf({
      inputs: ['x', 'flag', 'n'],
      nodes: [
        { op: 'Loop', in: ['n', ''], out: ['y'], attribute: [{ name: 'body', type: 5, g: body }] },
        { op: 'Relu', in: ['x'], out: ['a'] },
      ],
      outputs: ['y'],
    }).graph;
    expect(nodes.map(({ op }) => op)).toEqual(['Relu', 'Loop']);
    const loop = nodes[1] as (typeof nodes)[number];
    expect(readsOf(loop)).toEqual(['n', 'flag', 'a', 'x']);
    const attribute = loop.attributes['body'];
    expect(attribute?.kind === 'graph' && [...outerReads(attribute.value)]).toEqual(['flag', 'a', 'x']);
  });
  it('is as deep as a network may be', () => {
    const depth = 20000;
    const nodes = Array.from({ length: depth }, (_, i) => ({
      op: 'Relu',
      in: [`t${i}`],
      out: [`t${i + 1}`],
    })).reverse();
    const sorted = modelOf({ inputs: ['t0'], nodes, outputs: [`t${depth}`] }).graph.nodes;
    expect(sorted.map(({ outputs }) => outputs[0])).toEqual(nodes.map(({ out }) => out[0]).reverse());
  });
});

describe('a graph that is not valid is refused, naming node and tensor', () => {
  const a = { op: 'Relu', in: ['x'], out: ['a'], name: 'first' };
  const cases: readonly (readonly [string, ModelDraft, string, RegExp])[] = [
    [
      'a cycle',
      {
        nodes: [
          { op: 'Add', in: ['x', 'b'], out: ['a'], name: 'n1' },
          { op: 'Relu', in: ['a'], out: ['b'], name: 'n2' },
        ],
        inputs: ['x'],
        outputs: ['b'],
      },
      'm.onnx, node "n2"',
      /tensor "a".*cycle/,
    ],
    [
      'a node that needs itself',
      { nodes: [{ op: 'Relu', in: ['a'], out: ['a'], name: 'n' }], outputs: ['a'] },
      'm.onnx, node "n"',
      /tensor "a".*cycle/,
    ],
    [
      'a tensor read but not produced',
      { nodes: [{ ...a, in: ['gone'] }], outputs: ['a'] },
      'm.onnx, node "first"',
      /tensor "gone", which nothing produces/,
    ],
    [
      'a tensor produced twice',
      { nodes: [a, { ...a, name: 'second' }], inputs: ['x'], outputs: ['a'] },
      'm.onnx, node "second"',
      /tensor "a", but node "first" produces it too/,
    ],
    [
      'a tensor produced twice by one node',
      { nodes: [{ ...a, out: ['a', 'a'] }], inputs: ['x'], outputs: ['a'] },
      'm.onnx, node "first"',
      /tensor "a"/,
    ],
    [
      'a node that produces an input',
      { nodes: [{ ...a, out: ['x'] }], inputs: ['x'], outputs: ['x'] },
      'm.onnx, node "first"',
      /tensor "x".*an input/,
    ],
    [
      'a node that produces an initializer',
      { nodes: [{ ...a, out: ['w'] }], inputs: ['x'], initializers: [weight('w')], outputs: ['w'] },
      'm.onnx, node "first"',
      /tensor "w"/,
    ],
    [
      'an output that nothing produces',
      { nodes: [a], inputs: ['x'], outputs: ['nope'] },
      'm.onnx, output "nope"',
      /produced by no node/,
    ],
    ['an output listed twice', { nodes: [a], inputs: ['x'], outputs: ['a', 'a'] }, 'm.onnx, output "a"', /twice/],
    ['an input listed twice', { nodes: [a], inputs: ['x', 'x'], outputs: ['a'] }, 'm.onnx, input "x"', /twice/],
    [
      'an initializer twice',
      { nodes: [a], inputs: ['x'], initializers: [weight('w'), weight('w')], outputs: ['a'] },
      'm.onnx, tensor "w"',
      /twice/,
    ],
    ['no outputs', { nodes: [a], inputs: ['x'], outputs: [] }, 'm.onnx', /without outputs/],
    [
      'an initializer without a name',
      { nodes: [a], inputs: ['x'], initializers: [weight('')], outputs: ['a'] },
      'm.onnx',
      /without a name/,
    ],
    ['an input without a name', { nodes: [a], inputs: ['x', ''], outputs: ['a'] }, 'm.onnx', /input without a name/],
    [
      'a node without operator',
      { nodes: [{ ...a, op: '' }], inputs: ['x'], outputs: ['a'] },
      'm.onnx, node "first"',
      /no operator/,
    ],
    [
      'an attribute twice',
      {
        nodes: [
          {
            ...a,
            attribute: [
              { name: 'k', type: 2 },
              { name: 'k', type: 2 },
            ],
          },
        ],
        inputs: ['x'],
        outputs: ['a'],
      },
      'm.onnx, node "first"',
      /two attributes "k"/,
    ],
    [
      'a domain that is not imported',
      { nodes: [{ ...a, domain: 'my.ops' }], inputs: ['x'], outputs: ['a'] },
      'm.onnx, node "first"',
      /domain "my\.ops"/,
    ],
    ['no operator set', { ...relu, opsets: [] }, 'm.onnx, node "Relu:y"', /domain "ai\.onnx"/],
    [
      'two versions of one operator set',
      {
        ...relu,
        opsets: [
          ['', 17],
          ['ai.onnx', 18],
        ],
      },
      'm.onnx',
      /two versions/,
    ],
    ['version 0 of an operator set', { ...relu, opsets: [['', 0]] }, 'm.onnx', /version 0/],
    ['no IR version', { ...relu, ir: 0 }, 'm.onnx', /IR version/],
  ];
  for (const [what, draft, place, reason] of cases) {
    it(what, () => {
      const error = errorOf(() => modelOf(draft));
      expect(error).toMatchObject({ code: 'E_MODEL', place });
      expect(error.message).toMatch(reason);
    });
  }
  it('but one of a newer IR version is unsupported, not invalid', () => {
    expect(modelOf({ ...relu, ir: 13 }).irVersion).toBe(13);
    expect(errorOf(() => modelOf({ ...relu, ir: 14 })).code).toBe('E_UNSUPPORTED');
  });
  it('but one of IR 2 needs no operator set', () => {
    expect([...modelOf({ ...relu, ir: 2, opsets: [] }).graph.opset]).toEqual([['', 1]]);
  });
});
