import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openOnnxReference } from '../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import { check } from '../../harness/check.ts';
import { findLoss } from '../../harness/loss.ts';
import { createOracle, type Value } from '../../harness/oracle/index.ts';
import { fromNumbers, isFloat, sourceOf } from '../../harness/tensor.ts';
import type { Reference } from '../../harness/types/adapter.ts';
import type { DataType, TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { changed, faults, subjectOf } from '../support/bench.ts';

const GOLDENS = join(import.meta.dirname, '../data/goldens');

/** A right implementation that shares nothing with ONNX Runtime: the oracle's, in float64 or textbook float32, stored in a type. */
async function implementation(
  reference: Reference,
  inputs: ReadonlyMap<string, TensorSource>,
  arithmetic: 'r64' | 'n32',
  dtype: DataType,
): Promise<Trace> {
  const { graph } = reference;
  const types = await reference.describe(inputs);
  const loss = findLoss(graph, types, null);
  const oracle = createOracle(graph, { inputs, values: new Map(), gradients: new Map(), loss });
  const store = ({ dtype: own, shape, data }: Value) => sourceOf(fromNumbers(isFloat(own) ? dtype : own, shape, data));
  const computed = graph.nodes.filter(({ op }) => op !== 'Constant').flatMap(({ outputs }) => outputs);
  const names = computed.filter((name) => types.has(name));
  const floats = [...names, ...inputs.keys(), ...graph.initializers.keys()].filter((name) =>
    isFloat((types.get(name) ?? graph.initializers.get(name))?.dtype ?? 'int64'),
  );
  return {
    values: new Map([
      ...inputs,
      ...graph.initializers,
      ...names.map((name) => [name, store(oracle.value(name)[arithmetic])] as const),
    ]),
    gradients: new Map(floats.map((name) => [name, store(oracle.gradient(name)[arithmetic])])),
    updates: new Map(),
    states: new Map(),
    metadata: { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() },
  };
}

const CASES = [
  ['r64', 'float64'],
  ['n32', 'float32'],
  ['r64', 'float32'],
  ['r64', 'float16'],
  ['r64', 'bfloat16'],
] as const;

describe.each(['mlp-digits', 'lenet-digits', 'lstm-text'])('a right implementation of %s', (name) => {
  it.each(CASES)('(%s, stored in %s) matches: its own precision is allowed for', async (arithmetic, dtype) => {
    const reference = await openOnnxReference(join(GOLDENS, name, 'model.onnx'));
    const inputs = readTensors(join(GOLDENS, name, 'inputs.safetensors'));
    const trace = await implementation(reference, inputs, arithmetic, dtype);
    const report = await check(subjectOf(trace), reference, { inputs, rules: [] });
    await reference.release();
    expect(faults(report)).toEqual([]);
    expect(report.outcome).toBe('match');
  });
});

describe('a wrong implementation', () => {
  it.each([
    ['float64', 1e-5],
    ['float16', 1e-2],
    ['bfloat16', 5e-2],
  ] as const)('stored in %s and off by %p is found', async (dtype, off) => {
    const reference = await openOnnxReference(join(GOLDENS, 'lenet-digits/model.onnx'));
    const inputs = readTensors(join(GOLDENS, 'lenet-digits/inputs.safetensors'));
    const trace = await implementation(reference, inputs, 'r64', dtype);
    const wrong = changed(trace, 'forward', '/net/conv2/Conv_output_0', (d) => d.map((v) => v * (1 + off)));
    const report = await check(subjectOf(wrong), reference, { inputs, rules: [] });
    await reference.release();
    expect(report.forward.firstDivergence?.tensor).toBe('/net/conv2/Conv_output_0');
  });
});
