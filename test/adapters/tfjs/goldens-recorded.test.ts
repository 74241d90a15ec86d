import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { loadModel } from '../../../adapters/onnx/index.ts';
import { tfjsReferenceOf } from '../../../adapters/tfjs/index.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import { traceSubject } from '../../../adapters/trace/subject.ts';
import { check } from '../../../harness/check.ts';
import { failures } from './_kit.ts';

const data = resolve(dirname(fileURLToPath(import.meta.url)), '../../data/goldens');
const names = readdirSync(data).filter((name) => statSync(join(data, name)).isDirectory());

describe('every golden network', () => {
  it.each(names)(
    '%s: PyTorch’s recorded run matches with TensorFlow.js as the reference',
    async (name) => {
      const folder = join(data, name);
      const inputs = readTensors(join(folder, 'inputs.safetensors'));
      const reference = await tfjsReferenceOf(loadModel(join(folder, 'model.onnx')).graph, name);
      const report = await check(traceSubject(join(folder, 'golden.safetensors')), reference, { inputs });
      expect(failures(report)).toEqual([]);
      expect(report.outcome).toBe('match');
      expect(report.reference.kind).toBe('tfjs');
      expect(report.reference.backward).toContain('backend');
    },
    120_000,
  );
});
