import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { decodeModel, decodeTensor } from '../../../adapters/onnx/index.ts';
import { createOracle, type Value } from '../../../harness/oracle/index.ts';
import { sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';

// ONNX's own test cases: a model, its inputs, and the outputs that its reference implementation gives.
const folder = fileURLToPath(new URL('../../../../shared/data/onnx-backend/', import.meta.url));
// Jest wants a table that is not empty, even to skip it.
const cases = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('test_')) : ['absent'];

/** ‖computed − wanted‖ allowed, element by element: relative, and absolute. R64 has float32's tables to meet, N32 sums in order. */
const ALLOWED = {
  r64: { float16: [1e-3, 1e-4], bfloat16: [1e-2, 1e-2], other: [1e-5, 2e-6] },
  n32: { float16: [2e-3, 1e-3], bfloat16: [2e-2, 1e-2], other: [1e-4, 1e-5] },
} as const;

(existsSync(folder) ? describe : describe.skip)("ONNX's backend cases (../shared/data/onnx-backend)", () => {
  it.each(cases)('%s', (name) => {
    const { graph } = decodeModel(readFileSync(`${folder}${name}/model.onnx`), { place: name, directory: null });
    for (const set of readdirSync(`${folder}${name}`).filter((entry) => entry.startsWith('test_data_set'))) {
      const read = (file: string): Tensor | null => {
        const path = `${folder}${name}/${set}/${file}.pb`;
        return existsSync(path) ? decodeTensor(readFileSync(path), path).tensor : null;
      };
      const inputs = new Map<string, TensorSource>();
      for (const [i, input] of graph.inputs.entries()) {
        const tensor = read(`input_${i}`);
        if (tensor) inputs.set(input.name, sourceOf(tensor));
      }
      const oracle = createOracle(graph, { inputs, values: new Map(), gradients: new Map(), loss: null });
      // No case lacks an operator: one that did would fail here, by name.
      expect(graph.outputs.flatMap((output) => oracle.supports(output.name, 'forward') ?? [])).toEqual([]);
      for (const [i, output] of graph.outputs.entries()) {
        const wanted = read(`output_${i}`)!;
        const { r64, n32 } = oracle.value(output.name);
        expectClose(r64, wanted, 'r64');
        expectClose(n32, wanted, 'n32');
      }
    }
  });
});

function expectClose(value: Value, wanted: Tensor, arithmetic: 'r64' | 'n32'): void {
  expect([value.dtype, value.shape]).toEqual([wanted.dtype, wanted.shape]);
  if (wanted.dtype === 'string') {
    expect(value.strings).toEqual(wanted.data);
    return;
  }
  const limits = ALLOWED[arithmetic];
  const [relative, absolute] = wanted.dtype in limits ? limits[wanted.dtype as 'float16'] : limits.other;
  const numbers = toNumbers(wanted);
  const apart = Array.from(numbers).flatMap((want, i) => {
    const got = value.data[i]!;
    const near = Object.is(got, want) || got === want || Math.abs(got - want) <= absolute + relative * Math.abs(want);
    return near ? [] : [{ arithmetic, i, got, want }];
  });
  expect(apart).toEqual([]);
}
