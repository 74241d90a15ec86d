import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadModel } from '../../../adapters/onnx/index.ts';
import {
  onnxModelSubject,
  type OnnxSubjectOptions,
  parseRuntime,
  referenceOf,
} from '../../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import { check } from '../../../harness/check.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Report } from '../../../harness/types/report.ts';

const goldens = resolve(import.meta.dirname, '../../data/goldens');
const folder = mkdtempSync(join(tmpdir(), 'layerdiff-builds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pathOf = (net: string): string => join(goldens, net, 'model.onnx');

/** The golden network of that name, run as options say, against the pinned ONNX Runtime. */
async function judged(net: string, options: OnnxSubjectOptions, model: string | Graph = pathOf(net)): Promise<Report> {
  const inputs = readTensors(join(goldens, net, 'inputs.safetensors'));
  const reference = await referenceOf(loadModel(pathOf(net)), net);
  const subject = onnxModelSubject(model, options);
  try {
    return await check(subject, reference, { inputs });
  } finally {
    await subject.release();
    await reference.release();
  }
}

const verdicts = ({ tensors }: Report): readonly string[] => [...new Set(tensors.map(({ verdict }) => verdict))].sort();

describe('a model run by another build of ONNX Runtime', () => {
  it.each(['lenet-digits', 'lstm-text', 'gpt-text'])(
    'matches in WebAssembly: every value and gradient of %s',
    async (net) => {
      const report = await judged(net, { runtime: 'onnxruntime-web', providers: ['wasm'] });
      expect([report.outcome, verdicts(report)]).toEqual([
        'match',
        net === 'lenet-digits' ? ['match'] : ['match', 'vacuous'],
      ]);
      expect(report.subject.producer).toMatch(/^onnxruntime-web \d+\.\d+\.\d+ \(wasm\)$/);
      expect(report.tensors.some(({ direction }) => direction === 'backward')).toBe(true);
    },
  );

  it('is caught where its kernel is wrong, and only there', async () => {
    const build = join(folder, 'wrong.mjs');
    const real = pathToFileURL(resolve(goldens, '../../../node_modules/onnxruntime-node/dist/index.js')).href;
    // Its loss is off by a thousandth; all else is ONNX Runtime's.
    writeFileSync(
      build,
      `import ort from ${JSON.stringify(real)};
       const create = async (bytes, options) => {
         const session = await ort.InferenceSession.create(bytes, options);
         const run = async (...given) => {
           const results = await session.run(...given);
           if (results.loss) results.loss = new ort.Tensor('float32', results.loss.data.map((x) => x * 1.001), results.loss.dims);
           return results;
         };
         return { inputMetadata: session.inputMetadata, outputMetadata: session.outputMetadata, run, release: () => session.release() };
       };
       export default { ...ort, InferenceSession: { create } };`,
    );
    const report = await judged('lenet-digits', { runtime: build });
    expect(report.outcome).toBe('mismatch');
    expect(report.forward.faulty.map(({ tensor }) => tensor)).toEqual(['loss']);
    expect(report.backward.faulty).toEqual([]);
  });

  it('is refused by name where it is not there, too old, or none at all', async () => {
    const old = join(folder, 'old.mjs');
    writeFileSync(old, 'export const env = {}; export const InferenceSession = { create: async () => ({}) };');
    await expect(judged('mlp-digits', { runtime: 'no-such-build' })).rejects.toThrow(/E_PEER.*npm i -D no-such-build/);
    await expect(judged('mlp-digits', { runtime: './no-such.mjs' })).rejects.toThrow(/E_PEER.*there is no such module/);
    await expect(judged('mlp-digits', { runtime: old })).rejects.toThrow(/too old/);
    expect(() => onnxModelSubject(pathOf('mlp-digits'), { runtime: {} })).toThrow(/no InferenceSession/);
  });

  it('is written as a package or a path, and its execution providers', () => {
    expect(parseRuntime('onnxruntime-web')).toEqual({ runtime: 'onnxruntime-web' });
    expect(parseRuntime('onnxruntime-web:webgpu,wasm')).toEqual({
      runtime: 'onnxruntime-web',
      providers: ['webgpu', 'wasm'],
    });
    expect(parseRuntime('C:\\builds\\ort.mjs:cpu')).toEqual({ runtime: 'C:\\builds\\ort.mjs', providers: ['cpu'] });
    expect(parseRuntime('./ort.mjs')).toEqual({ runtime: './ort.mjs' });
  });
});

describe('a model that ONNX Runtime optimises', () => {
  it.each([
    ['onnxruntime-node', 'extended'],
    ['onnxruntime-node', 'all'],
    ['onnxruntime-web', 'all'],
  ] as const)('is recorded where %s at level %s leaves a tensor, and matches', async (runtime, optimization) => {
    const report = await judged('mobilenet-digits', { runtime, optimization });
    const all = await judged('mobilenet-digits', { runtime });
    expect(report.outcome).toBe('match');
    expect(report.tensors.length).toBeGreaterThan(10);
    expect(report.tensors.length).toBeLessThan(all.tensors.length); // what is fused has no value of its own
    expect(report.subject.producer).toContain(`optimisation ${optimization}`);
  });

  it('can be recorded at its outputs alone', async () => {
    const report = await judged('lenet-digits', { optimization: 'all', record: 'outputs' });
    const forward = report.tensors.filter(({ direction }) => direction === 'forward').map(({ tensor }) => tensor);
    expect([report.outcome, forward]).toEqual(['match', ['output', 'loss']]);
  });

  it('is refused at a level that does not exist', () => {
    expect(() => onnxModelSubject(pathOf('mlp-digits'), { optimization: 'alll' as 'all' })).toThrow(
      /Did you mean "all"/,
    );
  });
});

describe('another model', () => {
  const { graph } = loadModel(pathOf('lenet-digits'));

  it('is judged layer by layer, and its bug is named', async () => {
    const nodes = graph.nodes.map((node) =>
      node.name.includes('conv2')
        ? { ...node, attributes: { ...node.attributes, pads: { kind: 'ints' as const, value: [2, 2, 0, 0] } } }
        : node,
    );
    const report = await judged('lenet-digits', { name: 'shifted' }, { ...graph, nodes });
    expect(report.forward.faulty.map(({ layer, cause }) => [layer, cause?.id])).toEqual([
      ['/net/conv2/Conv', 'conv.padding'],
    ]);
  });

  it('without a loss starts its backward pass from random gradients of its outputs', async () => {
    const used = graph.nodes.findIndex(({ outputs }) => outputs.includes('output')) + 1;
    const outputs = graph.outputs.filter(({ name }) => name === 'output');
    const bare: Graph = {
      ...graph,
      nodes: graph.nodes.slice(0, used),
      outputs,
      inputs: graph.inputs.filter(({ name }) => name === 'input'),
    };
    const inputs = new Map(
      [...readTensors(join(goldens, 'lenet-digits/inputs.safetensors'))].filter(([n]) => n === 'input'),
    );
    const reference = await referenceOf({ graph: bare, irVersion: 8, producer: '' }, 'bare');
    const subject = onnxModelSubject(bare, { runtime: 'onnxruntime-web' });
    const report = await check(subject, reference, { inputs });
    await subject.release();
    await reference.release();
    const backward = report.tensors.filter(({ direction }) => direction === 'backward');
    expect([report.outcome, backward.length > 10]).toEqual(['match', true]);
  });
});
