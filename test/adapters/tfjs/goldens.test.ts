import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { loadModel } from '../../../adapters/onnx/index.ts';
import { openOnnxReference } from '../../../adapters/onnxruntime/index.ts';
import { tfjsReferenceOf } from '../../../adapters/tfjs/index.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import { failures, judged, judgedRows } from './_kit.ts';

const data = resolve(dirname(fileURLToPath(import.meta.url)), '../../data/goldens');
const names = readdirSync(data).filter((name) => statSync(join(data, name)).isDirectory());

/** A constant exponent's gradient: TensorFlow.js takes log 0 for the logarithm of a negative base, ONNX has NaN. Nobody trains it. */
const CONVENTION = ['unet-photo /Constant_output_0 backward mismatch '];

describe('every golden network', () => {
  it('is there', () => expect(names.length).toBe(8));

  // The plain JavaScript backend is slow: two networks have most of the operators that differ.
  for (const [backend, some] of [
    ['wasm', names],
    ['cpu', ['lenet-digits', 'mobilenet-digits']],
  ] as const) {
    it.each(some)(
      `%s in TensorFlow.js (${backend}) matches the ONNX reference in values and gradients`,
      async (name) => {
        const folder = join(data, name);
        const inputs = readTensors(join(folder, 'inputs.safetensors'));
        const tfjs = await tfjsReferenceOf(loadModel(join(folder, 'model.onnx')).graph, name, { backend });
        const report = await judged(tfjs, await openOnnxReference(join(folder, 'model.onnx')), inputs);
        expect(
          failures(report)
            .map((row) => `${name} ${row}`)
            .filter((row) => !CONVENTION.includes(row)),
        ).toEqual([]);
        expect(judgedRows(report, 'forward')).toBeGreaterThan(5);
        expect(judgedRows(report, 'backward')).toBeGreaterThan(8);
      },
      120_000,
    );
  }
});
