import { describe, expect, it } from '@jest/globals';
import { type Network, networkSubject } from '../../../adapters/network/index.ts';
import { twin } from '../../../adapters/network/twin.ts';
import { twinReference } from '../../../adapters/network/twin-reference.ts';
import { loadModel } from '../../../adapters/onnx/index.ts';
import { tfjsReferenceOf } from '../../../adapters/tfjs/index.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import { check } from '../../../harness/check.ts';
import { twins } from '../../../models/twins/index.ts';
import { drawn, failures } from './_kit.ts';

/** One of each model: some are written twice. */
const networks = [...new Map(Object.values(twins).map((one) => [one.model, one])).values()];

describe('the hand-written networks', () => {
  it.each(networks)(
    '$id matches its reference run by TensorFlow.js, forward and backward',
    async (one) => {
      const inputs = readTensors(one.inputs);
      const reference = await tfjsReferenceOf(loadModel(one.model).graph, one.id);
      const report = await check(networkSubject(one.make(), one.id), reference, { inputs, twice: false });
      expect(failures(report)).toEqual([]);
      expect(report.outcome).toBe('match');
    },
    120_000,
  );
});

/** y = relu(x W + b), with or without the bias. */
const network = (bias: 0 | 1, op = 'Relu'): Network => ({
  name: 'small',
  parameters: { w: drawn('w', [5, 3]).read(), b: drawn('b', [3]).read() } as never,
  inputs: ['x'],
  layers: [
    {
      name: 'affine',
      inputs: ['x'],
      parameters: ['w', 'b'],
      op: { type: 'Gemm', inputs: ['x', 'w', 'b'] },
      forward({ input: x, parameters: { w, b } }: Given) {
        const rows = x.shape[0] as number;
        const entry = (i: number, o: number): number => {
          const products = Array.from({ length: 5 }, (_, k) => x.data[i * 5 + k]! * w.data[k * 3 + o]!);
          return products.reduce((sum, p) => sum + p, 0) + bias * b.data[o]!;
        };
        const data = Float32Array.from({ length: rows * 3 }, (_, at) => entry(Math.floor(at / 3), at % 3));
        return { shape: [rows, 3], data };
      },
    },
    {
      name: 'y',
      inputs: ['affine'],
      op: { type: op },
      forward: ({ input: x }: Given) => ({ shape: x.shape, data: x.data.map((v) => Math.max(0, v)) }),
    },
  ] as never,
});

interface Numbers {
  readonly shape: number[];
  readonly data: Float32Array;
}
interface Given {
  readonly input: Numbers;
  readonly parameters: { readonly w: Numbers; readonly b: Numbers };
}

const inputs = new Map([['x', drawn('x', [7, 5])]]);

describe('twin({ framework: "tfjs" })', () => {
  const request = twin({ framework: 'tfjs' });

  it('is the described network in TensorFlow.js: a right one matches, a missing bias is found', async () => {
    for (const [bias, outcome] of [
      [1, 'match'],
      [0, 'mismatch'],
    ] as const) {
      const subject = networkSubject(network(bias), 'small');
      const reference = await twinReference(request, subject, inputs);
      const report = await check(subject, reference, { inputs });
      expect(report.reference.kind).toBe('tfjs');
      expect(report.outcome).toBe(outcome);
      if (bias === 0) expect(report.forward.firstDivergence).toMatchObject({ tensor: 'affine' });
    }
  });

  it('refuses by name what TensorFlow.js has no form of', async () => {
    const subject = networkSubject(network(1, 'NonMaxSuppression'), 'small');
    await expect(twinReference(request, subject, inputs)).rejects.toThrow(
      /NonMaxSuppression has no form in TensorFlow.js/,
    );
  });

  it('refuses a framework that it does not know', async () => {
    const subject = networkSubject(network(1), 'small');
    const unknown = twin({ framework: 'caffe' } as never);
    await expect(twinReference(unknown, subject, inputs)).rejects.toThrow(/There are: onnxruntime, tfjs/);
  });
});
