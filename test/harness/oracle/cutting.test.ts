import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { loadModel } from '../../../adapters/onnx/index.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import { createOracle, toTensor, type Value } from '../../../harness/oracle/index.ts';
import { isFloat, sourceOf } from '../../../harness/tensor.ts';
import type { TensorSource } from '../../../harness/types/tensor.ts';
import { distance, norm } from './ops/_vjp-laws.ts';

const goldens = fileURLToPath(new URL('../../data/goldens/', import.meta.url));
const names = readdirSync(goldens, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

const nothing: ReadonlyMap<string, TensorSource> = new Map();
/** With every digit of R64. */
const exact = (value: Value): TensorSource => sourceOf(toTensor(value, isFloat(value.dtype) ? 'float64' : value.dtype));
const same = (a: Value, b: Value): boolean => distance(a.data, b.data) <= 1e-12 * norm(b.data) + 1e-15;

describe.each(names)('%s', (name) => {
  const { graph } = loadModel(`${goldens}${name}/model.onnx`);
  const inputs = readTensors(`${goldens}${name}/inputs.safetensors`);
  const free = createOracle(graph, { inputs, values: nothing, gradients: nothing, loss: 'loss' });
  const produced = graph.nodes.flatMap((node) => node.outputs.filter((output) => output !== ''));
  const values = new Map(produced.map((tensor) => [tensor, exact(free.value(tensor).r64)]));
  // The derivative by the exponent of a negative number does not exist, so constants are left out.
  const constants = new Set(graph.nodes.flatMap(({ op, outputs }) => (op === 'Constant' ? outputs : [])));
  const differentiable = [...produced, ...graph.initializers.keys()].filter((tensor) => {
    const { dtype } = free.value(tensor).r64;
    return isFloat(dtype) && tensor !== 'loss' && !constants.has(tensor);
  });
  const gradients = new Map(differentiable.map((tensor) => [tensor, exact(free.gradient(tensor).r64)]));

  it('is the same network when it is cut at its own values and gradients', () => {
    const cut = createOracle(graph, { inputs, values, gradients, loss: 'loss' });
    for (const tensor of produced)
      expect([tensor, same(cut.value(tensor).r64, free.value(tensor).r64)]).toEqual([tensor, true]);
    for (const tensor of differentiable) {
      expect([tensor, same(cut.gradient(tensor).r64, free.gradient(tensor).r64)]).toEqual([tensor, true]);
    }
  });

  it('is the same when only every third tensor is cut', () => {
    const some = <T>(all: ReadonlyMap<string, T>) => new Map([...all].filter((_, i) => i % 3 === 1));
    const cut = createOracle(graph, { inputs, values: some(values), gradients: some(gradients), loss: 'loss' });
    for (const tensor of differentiable) {
      expect([tensor, same(cut.gradient(tensor).r64, free.gradient(tensor).r64)]).toEqual([tensor, true]);
    }
  });

  it('gives float32 what lies within float32 of the exact answer', () => {
    for (const tensor of produced) {
      const { r64, n32 } = free.value(tensor);
      expect([tensor, distance(n32.data, r64.data) <= 1e-4 * norm(r64.data) + 1e-6]).toEqual([tensor, true]);
    }
  });
});
