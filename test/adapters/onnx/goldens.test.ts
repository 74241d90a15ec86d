import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cutGraph, decodeModel, describeModel, encodeModel, loadModel } from '../../../adapters/onnx/index.ts';
import { runModel } from '../../../adapters/onnxruntime/run-model.ts';
import { openTrace, readTensors } from '../../../adapters/trace/index.ts';
import { isFloat, toNumbers } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';

const folder = fileURLToPath(new URL('../../data/goldens/', import.meta.url));
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const open = (name: string) => {
  const { graph } = loadModel(`${folder}${name}/model.onnx`);
  const inputs = readTensors(`${folder}${name}/inputs.safetensors`);
  const weights = [...graph.initializers].map(([key, source]) => [key, source] as const);
  const feeds = (of: Graph): Map<string, Tensor> => {
    const all = new Map<string, TensorSource>([...inputs, ...weights]);
    return new Map(of.inputs.map((input) => [input.name, (all.get(input.name) as TensorSource).read()]));
  };
  return { graph, feeds, trace: openTrace(`${folder}${name}/golden.safetensors`) };
};

const decode = (bytes: Uint8Array): Graph => decodeModel(bytes, { place: 'm.onnx', directory: null }).graph;

/** ‖a − b‖ ≤ 2e-5 ‖b‖: two frameworks, float32. */
function expectNear(a: Tensor, b: Tensor, name: string): void {
  expect([name, a.shape]).toEqual([name, b.shape]);
  const [x, y] = [toNumbers(a), toNumbers(b)];
  let [error, norm] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    error += ((x[i] as number) - (y[i] as number)) ** 2;
    norm += (y[i] as number) ** 2;
  }
  expect([name, Math.sqrt(error) <= 2e-5 * Math.sqrt(norm)]).toEqual([name, true]);
}

it('the eight goldens are here', () => expect(names).toHaveLength(8));

describe.each(names)('%s', (name) => {
  const { graph, feeds, trace } = open(name);
  const recorded = [...trace.values.keys()].filter((key) => graph.nodes.some(({ outputs }) => outputs.includes(key)));

  it('has sorted, uniquely named nodes that read what is there', () => {
    const known = new Set([...graph.initializers.keys(), ...graph.inputs.map((input) => input.name), '']);
    for (const { inputs, outputs } of graph.nodes) {
      for (const input of inputs) expect(known.has(input)).toBe(true);
      for (const output of outputs) known.add(output);
    }
    expect(new Set(graph.nodes.map((node) => node.name)).size).toBe(graph.nodes.length);
    expect(recorded.length).toBeGreaterThan(3);
  });
  it('holds the parameters that were recorded', () => {
    const shared = [...trace.values].filter(([key]) => graph.initializers.has(key));
    for (const [key, source] of shared) expect(graph.initializers.get(key)?.read().data).toEqual(source.read().data);
    for (const [key, source] of graph.initializers) {
      if (isFloat(source.dtype)) expect(toNumbers(source.read()).every(Number.isFinite)).toBe(true);
      expect(source.read().shape).toEqual(source.shape);
      expect(key).not.toBe('');
    }
  });
  it('encodes to what decodes to it', () => {
    const back = decode(encodeModel(graph, { inline: () => true }));
    expect(back.nodes).toEqual(graph.nodes);
    expect(back.inputs).toEqual(graph.inputs);
    expect(back.outputs).toEqual(graph.outputs);
    for (const [key, source] of graph.initializers) expect(back.initializers.get(key)?.read()).toEqual(source.read());
  });
  it('runs in ONNX Runtime as we encode it, its weights fed, to the recorded values', async () => {
    const tapped = { ...graph, outputs: recorded.map((key) => ({ name: key, dtype: null, shape: null })) };
    const bytes = encodeModel(tapped);
    const run = await runModel(bytes, feeds(decode(bytes)), recorded);
    for (const key of recorded) expectNear(run.get(key) as Tensor, (trace.values.get(key) as TensorSource).read(), key);
  });
  it('cut at everything that was recorded, computes each tensor from recorded ones', async () => {
    const cut = cutGraph(graph, new Set(recorded));
    const value = (key: string): TensorSource | undefined => trace.values.get(cut.aliases.get(key) ?? '');
    const typed = cut.graph.inputs.map((input) => ({
      ...input,
      ...(value(input.name) && pick(value(input.name) as TensorSource)),
    }));
    const outputs = recorded.map((key) => ({ name: key, dtype: null, shape: null }));
    const bytes = encodeModel({ ...cut.graph, inputs: typed, outputs });
    const model = decode(bytes);
    const plain = feeds({ ...model, inputs: model.inputs.filter((input) => !cut.aliases.has(input.name)) });
    for (const key of cut.aliases.keys()) plain.set(key, (value(key) as TensorSource).read());
    const run = await runModel(bytes, plain, recorded);
    for (const key of recorded) expectNear(run.get(key) as Tensor, (trace.values.get(key) as TensorSource).read(), key);
  });
  it('is described without reading a weight', () => {
    const described = describeModel(loadModel(`${folder}${name}/model.onnx`));
    const floats = [...graph.initializers.values()].filter(({ dtype }) => isFloat(dtype));
    const elements = floats.reduce((sum, source) => sum + source.read().data.length, 0);
    expect(described.parameters).toMatchObject({ tensors: floats.length, elements, bytes: elements * 4 });
    expect(described.operators.reduce((sum, { count }) => sum + count, 0)).toBe(graph.nodes.length);
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
    expect(described.opset).toEqual({ 'ai.onnx': 17 });
  });
});

const pick = ({ dtype, shape }: TensorSource): Pick<TensorSource, 'dtype' | 'shape'> => ({ dtype, shape });
