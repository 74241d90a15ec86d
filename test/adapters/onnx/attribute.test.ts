import { describe, expect, it } from '@jest/globals';
import { longOf } from '../../../adapters/onnx/wire.ts';
import { float32 } from '../../../harness/tensor.ts';
import { errorOf, graph, long64, type ModelDraft, modelOf, tensorBytes } from './_proto.ts';

const relu: ModelDraft = { inputs: ['x'], nodes: [{ op: 'Relu', in: ['x'], out: ['y'] }], outputs: ['y'] };

describe('attributes', () => {
  const decoded = (attribute: object) =>
    modelOf({ ...relu, nodes: [{ op: 'Relu', in: ['x'], out: ['y'], attribute: [{ name: 'a', ...attribute }] }] }).graph
      .nodes[0]?.attributes['a'];
  const tensor = tensorBytes({ dims: long64([2]), dataType: 1 }, { floatData: [1, 2] });
  const sub = graph({ nodes: [{ op: 'Relu', in: ['x'], out: ['r'] }], outputs: ['r'] });
  const kinds: readonly (readonly [object, unknown])[] = [
    [
      { type: 1, f: 0.1 },
      { kind: 'float', value: Math.fround(0.1) },
    ],
    [{ type: 1 }, { kind: 'float', value: 0 }],
    [{ f: 2 }, { kind: 'float', value: 2 }],
    [
      { type: 2, i: longOf(-3) },
      { kind: 'int', value: -3 },
    ],
    [{ type: 2 }, { kind: 'int', value: 0 }],
    [{ i: longOf(0) }, { kind: 'int', value: 0 }],
    [
      { type: 2, i: longOf(2 ** 63) },
      { kind: 'int', value: 2 ** 63 },
    ],
    [
      { type: 3, s: Buffer.from('naïve') },
      { kind: 'string', value: 'naïve' },
    ],
    [{ type: 3 }, { kind: 'string', value: '' }],
    [
      { type: 4, t: tensor },
      { kind: 'tensor', value: float32([2], [1, 2]) },
    ],
    [
      { type: 6, floats: [1, 2.5] },
      { kind: 'floats', value: [1, 2.5] },
    ],
    [
      { type: 7, ints: long64([1, -1]) },
      { kind: 'ints', value: [1, -1] },
    ],
    [{ type: 7 }, { kind: 'ints', value: [] }],
    [{ ints: long64([4]) }, { kind: 'ints', value: [4] }],
    [
      { type: 8, strings: [Buffer.from('a')] },
      { kind: 'strings', value: ['a'] },
    ],
    [
      { type: 9, tensors: [tensor] },
      { kind: 'tensors', value: [float32([2], [1, 2])] },
    ],
  ];
  for (const [proto, expected] of kinds) {
    it(`${JSON.stringify(expected)} ${'type' in proto ? '' : '(without its type)'}`, () =>
      expect(decoded(proto)).toEqual(expected));
  }
  it('may be graphs', () => {
    expect(decoded({ type: 5, g: sub })).toMatchObject({ kind: 'graph', value: { nodes: [{ op: 'Relu' }] } });
    expect(decoded({ type: 10, graphs: [sub, sub] })).toMatchObject({ kind: 'graphs', value: [{}, {}] });
  });
  it('of the name __proto__ is one like others', () => {
    const [found] = modelOf({
      ...relu,
      nodes: [{ op: 'Relu', in: ['x'], out: ['y'], attribute: [{ name: '__proto__', type: 2, i: longOf(7) }] }],
    }).graph.nodes;
    expect(Object.entries(found?.attributes ?? {})).toEqual([['__proto__', { kind: 'int', value: 7 }]]);
  });
  it('a Constant with a sparse tensor holds the dense one', () => {
    const values = tensorBytes({ dims: long64([1]), dataType: 1, name: 'v' }, { floatData: [5] });
    const indices = tensorBytes({ dims: long64([1]), dataType: 7 }, { int64Data: long64([2]) });
    const sparseTensor = { values, indices, dims: long64([4]) };
    const { nodes } = modelOf({
      nodes: [{ op: 'Constant', out: ['y'], attribute: [{ name: 'sparse_value', type: 11, sparseTensor }] }],
      outputs: ['y'],
    }).graph;
    expect(nodes[0]?.attributes).toEqual({ value: { kind: 'tensor', value: float32([4], [0, 0, 5, 0]) } });
  });
  const refused: readonly (readonly [string, object, string])[] = [
    ['without type and value', {}, 'E_MODEL'],
    ['of a type that is none', { type: 77 }, 'E_UNSUPPORTED'],
    ['that is a type', { type: 13, tp: new Uint8Array(0) }, 'E_UNSUPPORTED'],
    ['that is an empty graph', { type: 5 }, 'E_MODEL'],
    ['that refers to an attribute where there is no function', { refAttrName: 'b', type: 2 }, 'E_MODEL'],
  ];
  for (const [what, proto, code] of refused) {
    it(`${what}: ${code}`, () => expect(errorOf(() => decoded(proto)).code).toBe(code));
  }
});
