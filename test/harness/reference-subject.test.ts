import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { loadModel } from '../../adapters/onnx/index.ts';
import { openOnnxReference } from '../../adapters/onnxruntime/index.ts';
import { tfjsReferenceOf } from '../../adapters/tfjs/index.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import { check } from '../../harness/check.ts';
import { referenceSubject } from '../../harness/reference-subject.ts';
import type { Graph } from '../../harness/types/graph.ts';

const golden = resolve(import.meta.dirname, '../data/goldens/lenet-digits');
const { graph } = loadModel(join(golden, 'model.onnx'));

async function judged(runs: Graph) {
  const tfjs = await tfjsReferenceOf(runs, 'lenet in TensorFlow.js');
  const reference = await openOnnxReference(join(golden, 'model.onnx'));
  try {
    return await check(referenceSubject(tfjs), reference, { inputs: readTensors(join(golden, 'inputs.safetensors')) });
  } finally {
    await tfjs.release();
    await reference.release();
  }
}

it('a network in TensorFlow.js is a subject: every value and gradient matches ONNX Runtime', async () => {
  const report = await judged(graph);
  expect([report.outcome, report.subject.kind, report.tensors.length > 25]).toEqual(['match', 'tfjs', true]);
});

it('and its bug is found where it is', async () => {
  const pads = { kind: 'ints' as const, value: [2, 2, 0, 0] };
  const nodes = graph.nodes.map((node) =>
    node.name.includes('conv2') ? { ...node, attributes: { ...node.attributes, pads } } : node,
  );
  const report = await judged({ ...graph, nodes });
  expect(report.forward.faulty.map(({ layer, cause }) => [layer, cause?.id])).toEqual([
    ['/net/conv2/Conv', 'conv.padding'],
  ]);
});
