import { describe, expect, it } from '@jest/globals';
import { openTfjsReference } from '../../../adapters/tfjs/index.ts';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawn, failures, inOnnxRuntime, judged, judgedOutside, judgedRows } from './_kit.ts';

type Attributes = Record<string, unknown>;
interface Written {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Attributes;
}

const T = { type: 'DT_FLOAT' };
const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
const list = (...values: number[]) => ({ list: { i: values.map(String) } });
const NHWC = text('NHWC');

/** A graph model on disk, as tensorflowjs_converter writes it. */
function written(
  nodes: readonly Written[],
  weights: Record<string, readonly number[]>,
  whole: Record<string, number[]> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'layerdiff-'));
  const constants = Object.keys({ ...weights, ...whole }).map((name) => ({
    name,
    op: 'Const',
    attr: { dtype: { type: name in weights ? 'DT_FLOAT' : 'DT_INT32' } },
  }));
  const floats = Object.entries(weights).map(([name, shape]) => ({
    name,
    shape,
    data: drawn(name, shape).read().data as Float32Array,
  }));
  const wholes = Object.entries(whole).map(([name, values]) => ({
    name,
    shape: [values.length],
    data: Int32Array.from(values),
  }));
  const all = [...floats, ...wholes];
  writeFileSync(
    join(folder, 'group1-shard1of1.bin'),
    Buffer.concat(all.map(({ data }) => Buffer.from(data.buffer.slice(0)))),
  );
  const specs = all.map(({ name, shape, data }) => ({
    name,
    shape,
    dtype: data instanceof Int32Array || name in whole ? 'int32' : 'float32',
  }));
  const model = {
    format: 'graph-model',
    generatedBy: '2.15.0',
    modelTopology: { node: [...constants, ...nodes], library: {}, versions: {} },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: specs }],
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(model));
  return folder;
}

const input = (...shape: number[]): Written => ({
  name: 'x',
  op: 'Placeholder',
  attr: { dtype: T, shape: { shape: { dim: shape.map((size) => ({ size: String(size) })) } } },
});

/** A small classifier: convolution, bias and activation as nodes and fused, batch norm, pools, product, softmax. */
const classifier: readonly Written[] = [
  input(-1, 8, 8, 3),
  {
    name: 'conv',
    op: '_FusedConv2D',
    input: ['x', 'conv/kernel', 'conv/bias'],
    attr: {
      T,
      num_args: { i: '1' },
      fused_ops: { list: { s: [Buffer.from('BiasAdd').toString('base64'), Buffer.from('Relu').toString('base64')] } },
      strides: list(1, 2, 2, 1),
      padding: text('SAME'),
      data_format: NHWC,
      dilations: list(1, 1, 1, 1),
      epsilon: { f: 0 },
    },
  },
  {
    name: 'depth',
    op: 'DepthwiseConv2dNative',
    input: ['conv', 'depth/kernel'],
    attr: { T, strides: list(1, 1, 1, 1), padding: text('SAME'), data_format: NHWC, dilations: list(1, 1, 1, 1) },
  },
  { name: 'biased', op: 'BiasAdd', input: ['depth', 'depth/bias'], attr: { T, data_format: NHWC } },
  { name: 'act', op: 'Relu6', input: ['biased'], attr: { T } },
  { name: 'skip', op: 'AddV2', input: ['act', 'conv'], attr: { T } },
  {
    name: 'pool',
    op: 'MaxPool',
    input: ['skip'],
    attr: { T, ksize: list(1, 2, 2, 1), strides: list(1, 2, 2, 1), padding: text('VALID'), data_format: NHWC },
  },
  { name: 'flat', op: 'Reshape', input: ['pool', 'flat/shape'], attr: { T } },
  {
    name: 'dense',
    op: 'MatMul',
    input: ['flat', 'dense/kernel'],
    attr: { T, transpose_a: { b: false }, transpose_b: { b: false } },
  },
  { name: 'logits', op: 'BiasAdd', input: ['dense', 'dense/bias'], attr: { T, data_format: NHWC } },
  { name: 'halves', op: 'Split', input: ['axis', 'logits'], attr: { T, num_split: { i: '2' } } },
  { name: 'joined', op: 'ConcatV2', input: ['halves:1', 'halves', 'axis2'], attr: { T, N: { i: '2' } } },
  { name: 'probabilities', op: 'Softmax', input: ['joined'], attr: { T } },
];
const WEIGHTS = {
  'conv/kernel': [3, 3, 3, 4],
  'conv/bias': [4],
  'depth/kernel': [3, 3, 4, 1],
  'depth/bias': [4],
  'dense/kernel': [16, 6],
  'dense/bias': [6],
};
const WHOLE = { 'flat/shape': [-1, 16], axis: [1], axis2: [1] };

describe('a graph model', () => {
  it('is read, and every node and parameter matches ONNX Runtime on its description, forward and backward', async () => {
    const folder = written(classifier, WEIGHTS, WHOLE);
    const tfjs = await openTfjsReference(join(folder, 'model.json'), { loss: 'categoricalCrossentropy' });
    const labels = drawn('labels', [5, 6], 2);
    const inputs = new Map([
      ['x', drawn('x', [5, 8, 8, 3])],
      [
        'target',
        {
          ...labels,
          dtype: 'float32' as const,
          read: () => ({
            dtype: 'float32' as const,
            shape: labels.shape,
            data: Float32Array.from(labels.read().data as Int32Array),
          }),
        },
      ],
    ]);
    const onnx = await inOnnxRuntime(tfjs);
    expect(failures(await judgedOutside(tfjs, onnx, inputs))).toEqual([]);
    const report = await judged(tfjs, onnx, inputs);
    expect(failures(report)).toEqual([]);
    const names = report.tensors.map((row) => `${row.tensor} ${row.direction}`);
    for (const node of classifier.slice(1)) expect(names).toContain(`${node.name} forward`);
    for (const name of Object.keys(WEIGHTS)) expect(names).toContain(`${name} backward`);
    expect(judgedRows(report, 'backward')).toBeGreaterThan(20);
  });

  it('runs each node by the converter’s own executor', async () => {
    const folder = written(classifier, WEIGHTS, WHOLE);
    const tfjs = await openTfjsReference(folder);
    const inputs = new Map([['x', drawn('x', [2, 8, 8, 3])]]);
    const request = {
      inputs,
      values: new Map(),
      gradients: new Map(),
      loss: null,
      wantValues: ['conv', 'probabilities'],
      wantGradients: [],
    };
    const found: string[] = [];
    for await (const { name } of tfjs.replay(request)) found.push(name);
    expect(found).toEqual(['conv', 'probabilities']);
  });

  it('refuses by name a node that has no description', async () => {
    const folder = written([input(2, 3), { name: 'where', op: 'Where', input: ['x'], attr: { T } }], {});
    await expect(openTfjsReference(folder)).rejects.toThrow(
      /E_UNSUPPORTED {2}where: nodes of type Where .*Supported are: Abs, Add/,
    );
  });
});
