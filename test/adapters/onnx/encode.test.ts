import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { encodeModel } from '../../../adapters/onnx/encode.ts';
import { decodeModel } from '../../../adapters/onnx/model.ts';
import { encodeMessage, longOf } from '../../../adapters/onnx/wire.ts';
import { BYTES, fromBytes } from '../../../harness/tensor.ts';
import type { Attribute, Attributes, Graph, GraphNode } from '../../../harness/types/graph.ts';
import type { DataType, Tensor } from '../../../harness/types/tensor.ts';
import { errorOf, long64, modelOf, tensorBytes } from './_proto.ts';

const SEED = 20261123;
const decode = (bytes: Uint8Array): Graph => decodeModel(bytes, { place: 'm.onnx', directory: null }).graph;

/** The graph with its weights read, so that it can be compared. */
const plain = (graph: Graph): object => ({
  ...graph,
  initializers: new Map([...graph.initializers].map(([name, source]) => [name, source.read()])),
});

const dtypes = Object.keys(BYTES) as DataType[];
const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...dtypes), fc.array(fc.nat(3), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const size = shape.reduce((product, d) => product * d, 1);
    if (dtype === 'string') {
      return fc.array(fc.string(), { minLength: size, maxLength: size }).map((data) => ({ dtype, shape, data }));
    }
    const bytes = size * BYTES[dtype];
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((data) => fromBytes(dtype, shape, data.slice()));
  });
const name = fc.string({ minLength: 1, maxLength: 8 });
const integer = fc.maxSafeInteger();
const single = fc.float({ noNaN: true });

const attribute = (graphs: fc.Arbitrary<Graph>[]): fc.Arbitrary<Attribute> =>
  fc.oneof(
    integer.map((value): Attribute => ({ kind: 'int', value })),
    single.map((value): Attribute => ({ kind: 'float', value })),
    fc.string().map((value): Attribute => ({ kind: 'string', value })),
    fc.array(integer).map((value): Attribute => ({ kind: 'ints', value })),
    fc.array(single).map((value): Attribute => ({ kind: 'floats', value })),
    fc.array(fc.string()).map((value): Attribute => ({ kind: 'strings', value })),
    anyTensor.map((value): Attribute => ({ kind: 'tensor', value })),
    fc.array(anyTensor, { maxLength: 2 }).map((value): Attribute => ({ kind: 'tensors', value })),
    ...graphs.map((graph) => graph.map((value): Attribute => ({ kind: 'graph', value }))),
    ...graphs.map((graph) => fc.array(graph, { maxLength: 2 }).map((value): Attribute => ({ kind: 'graphs', value }))),
  );

/** A graph whose nodes read what is there already: inputs, initializers, and what came before. */
function anyGraph(subgraphs: fc.Arbitrary<Graph>[], opset: Graph['opset']): fc.Arbitrary<Graph> {
  const parts = fc.record({
    title: fc.string(),
    names: fc.uniqueArray(name, { minLength: 4, maxLength: 12 }),
    weights: fc.array(anyTensor, { maxLength: 3 }),
    types: fc.array(fc.option(fc.constantFrom(...dtypes)), { minLength: 2, maxLength: 2 }),
    shape: fc.option(fc.array(fc.oneof(fc.nat(), fc.constant(null), fc.string({ minLength: 1 })))),
    picks: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
    attributes: fc.array(fc.dictionary(name, attribute(subgraphs), { maxKeys: 3 }), { minLength: 12, maxLength: 12 }),
  });
  return parts.map(({ title, names, weights, types, shape, picks, attributes }) => {
    const [first, ...others] = names as [string, ...string[]];
    const initializers = new Map(
      weights.map((tensor, i) => [others[i] as string, tensor] as const).filter(([n]) => n !== undefined),
    );
    const rest = others.filter((n) => !initializers.has(n));
    const known = [first, ...initializers.keys(), ''];
    const nodes = rest.map((output, i): GraphNode => {
      const inputs = [0, 7].map((k) => known[(picks[(i + k) % 20] as number) % known.length] as string);
      known.push(output);
      return {
        name: `n${i}`,
        op: 'Op',
        domain: i % 2 ? 'd' : '',
        inputs,
        outputs: [output, ''],
        attributes: asAttributes(attributes[i]),
      };
    });
    const input = { name: first, dtype: types[0] ?? null, shape: types[0] ? shape : null };
    const last = known.at(-1) || first;
    const output = { name: last, dtype: types[1] ?? null, shape: null };
    const sources = new Map([...initializers].map(([n, t]) => [n, { dtype: t.dtype, shape: t.shape, read: () => t }]));
    return { name: title, nodes, inputs: [input], outputs: [output], initializers: sources, opset };
  });
}

const asAttributes = (record: Record<string, Attribute> | undefined): Attributes =>
  Object.fromEntries(Object.entries(record ?? {}));

describe('encoding', () => {
  const opset = new Map([
    ['', 21],
    ['d', 3],
  ]);
  const flat = anyGraph([], opset);
  const nested = anyGraph([flat], opset);

  it(`is undone by decoding, whatever the graph (seed ${SEED})`, () => {
    fc.assert(
      fc.property(nested, (graph) => {
        const back = decode(encodeModel(graph, { inline: () => true }));
        // Attributes of kind graph hold weights too: they are compared as read.
        expect(comparable(plain(back))).toEqual(comparable(plain(graph)));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  const build = (): Graph => {
    const b = new GraphBuilder('small', 17);
    const x = b.input('x', 'float32', ['n', 257]);
    const large = b.initializer('large', { dtype: 'float32', shape: [257], data: new Float32Array(257) });
    const small = b.initializer('small', { dtype: 'float32', shape: [256], data: new Float32Array(256) });
    const exact = b.initializer('exact', { dtype: 'int64', shape: [1000], data: new BigInt64Array(1000) });
    b.output(b.node('Op', [x, large, small, exact], {}, { outputNames: ['y'] }));
    return b.graph();
  };

  it('writes small and exact initializers, and makes inputs of the others', () => {
    const back = decode(encodeModel(build()));
    expect([...back.initializers.keys()]).toEqual(['small', 'exact']);
    expect(back.inputs).toEqual([
      { name: 'x', dtype: 'float32', shape: ['n', 257] },
      { name: 'large', dtype: 'float32', shape: [257] },
    ]);
  });
  it('reads no weight that it does not write', () => {
    const graph = build();
    const guarded = new Map(graph.initializers);
    const read = (): never => {
      throw new Error('read');
    };
    guarded.set('large', { dtype: 'float32', shape: [257], read });
    expect(decode(encodeModel({ ...graph, initializers: guarded })).inputs).toHaveLength(2);
  });
  it('writes INT64_MAX and INT64_MIN as themselves', () => {
    const b = new GraphBuilder('ends', 17);
    const ends: Attribute = { kind: 'ints', value: [2 ** 63, -(2 ** 63)] };
    b.output(b.node('Op', [b.input('x', 'float32', [])], { ends }));
    const bytes = encodeModel(b.graph());
    const [most, least] = ['ffffffffffffffff7f', '80808080808080808001'];
    expect(Buffer.from(bytes).toString('hex')).toContain(most);
    expect(Buffer.from(bytes).toString('hex')).toContain(least);
  });
});

describe('what cannot be held', () => {
  const int4 = tensorBytes({ dims: long64([3]), dataType: 22, name: 'w', rawData: Uint8Array.of(0x21, 0x03) });
  const float8 = tensorBytes({ dims: long64([1]), dataType: 17, name: '', rawData: Uint8Array.of(0x38) });
  const sequence = encodeMessage('TypeProto', {});
  const model = modelOf({
    inputs: ['x'],
    initializers: [int4],
    nodes: [
      { op: 'DequantizeLinear', in: ['w', 'x'], out: ['y'] },
      { op: 'Constant', out: ['q'], attribute: [{ name: 'value', type: 4, t: float8 }] },
    ],
    outputs: ['y'],
  });

  it('decodes, and says so when it is read', () => {
    const source = model.graph.initializers.get('w');
    expect(source?.shape).toEqual([3]);
    for (const look of [() => source?.read(), () => source?.dtype]) {
      const error = errorOf(look);
      expect(error).toMatchObject({ code: 'E_UNSUPPORTED', place: 'm.onnx, tensor "w"' });
      expect(error.message).toContain('int4');
    }
    const value = model.graph.nodes[1]?.attributes['value'];
    const tensor = value?.kind === 'tensor' ? value.value : null;
    expect(errorOf(() => tensor?.data).message).toContain('float8e4m3fn');
    expect(errorOf(() => tensor?.dtype).place).toContain('node "Constant:q"');
  });
  it('is encoded as it was', () => {
    const bytes = Buffer.from(encodeModel(model.graph));
    expect(bytes.includes(Buffer.from(int4))).toBe(true);
    expect(bytes.includes(Buffer.from(float8))).toBe(true);
  });
  it('keeps the types of inputs that are no tensors', () => {
    const bytes = encodeMessage('ModelProto', {
      irVersion: longOf(8),
      opsetImport: [{ version: longOf(17) }],
      graph: {
        input: [{ name: 's', type: Buffer.concat([Uint8Array.of(0x22, 0), sequence]) }],
        output: [{ name: 's' }],
      },
    });
    expect(Buffer.from(encodeModel(decode(bytes))).includes(Buffer.of(0x12, 2, 0x22, 0))).toBe(true);
  });
});

/** Sub-graphs' sources as tensors, all the way down. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) return value;
  if (Object.prototype.toString.call(value) === '[object Map]') {
    return [...(value as Map<unknown, unknown>)].map(([k, v]) => [k, comparable(v)]);
  }
  if ('read' in value) return (value as { read(): unknown }).read();
  return Object.entries(value)
    .map(([k, v]) => [k, comparable(v)])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}
