import { describe, expect, it } from '@jest/globals';
import { openTfjsReference, type TfFunction } from '../../../adapters/tfjs/index.ts';
import { toNumbers } from '../../../harness/tensor.ts';
import { drawn, failures, inOnnxRuntime, judged, judgedOutside, judgedRows, tf } from './_kit.ts';

/** A convolutional classifier in TensorFlow.js's operators, with a loss of its own. */
const network: TfFunction = ({ images, labels }, { kernel, bias, w, b }, name) => {
  const conv = name('conv', tf.add(tf.conv2d(images as never, kernel as never, 1, 'same'), bias as never));
  const act = name('act', tf.relu(conv));
  const pooled = name('pool', tf.maxPool(act as never, 2, 2, 'valid'));
  const flat = tf.reshape(pooled, [3, -1]);
  const scores = name('scores', tf.add(tf.matMul(flat as never, w as never), b as never));
  const logs = tf.clipByValue(tf.logSoftmax(scores), -20, 0);
  return { loss: tf.neg(tf.mean(tf.sum(tf.mul(labels as never, logs), -1))), scores };
};

const inputs = new Map([
  ['images', drawn('images', [3, 6, 4, 2])],
  ['labels', drawn('labels', [3, 5])],
]);
const parameters = new Map([
  ['kernel', drawn('kernel', [3, 3, 2, 4])],
  ['bias', drawn('bias', [4])],
  ['w', drawn('w', [24, 5])],
  ['b', drawn('b', [5])],
]);

describe('a plain function', () => {
  it('is a reference: each kernel and parameter matches ONNX Runtime on the description, forward and backward', async () => {
    const tfjs = await openTfjsReference(network, { inputs, parameters, name: 'network' });
    const onnx = await inOnnxRuntime(tfjs);
    expect(failures(await judgedOutside(tfjs, onnx, inputs))).toEqual([]);
    const report = await judged(tfjs, onnx, inputs);
    expect(failures(report)).toEqual([]);
    const rows = report.tensors.map((row) => `${row.tensor} ${row.direction}`);
    for (const name of ['conv', 'act', 'pool', 'scores', 'loss']) expect(rows).toContain(`${name} forward`);
    for (const name of ['conv', 'scores', 'kernel', 'bias', 'w', 'b']) expect(rows).toContain(`${name} backward`);
    expect(judgedRows(report, 'backward')).toBeGreaterThan(10);
  });

  it('has, chained, the gradients that tf.grads gives of the whole', async () => {
    const tfjs = await openTfjsReference(network, { inputs, parameters, backend: 'cpu' });
    const given = new Map<string, Float64Array>();
    const request = {
      inputs,
      values: new Map(),
      gradients: new Map(),
      loss: 'loss',
      wantValues: [],
      wantGradients: [...parameters.keys()],
    };
    for await (const { name, tensor } of tfjs.replay(request)) given.set(name, toNumbers(tensor));
    await tf.setBackend('cpu');
    const held = (sources: typeof inputs) =>
      Object.fromEntries(
        [...sources].map(([name, s]) => [name, tf.tensor(s.read().data as Float32Array, [...s.shape])]),
      );
    const [data, values] = [held(inputs), held(parameters)];
    const names = [...parameters.keys()];
    const whole = tf.grads((...all: ReturnType<typeof tf.tensor>[]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, all[i] as never]));
      return (network(data, named, (_, tensor) => tensor) as Record<string, never>)['loss'] as never;
    })(names.map((name) => values[name] as never));
    for (const [i, name] of names.entries()) {
      const theirs = (whole[i] as ReturnType<typeof tf.tensor>).dataSync();
      const ours = given.get(name) as Float64Array;
      const error = Math.max(...ours.map((x, at) => Math.abs(x - (theirs[at] as number))));
      expect(error).toBeLessThan(1e-6 * Math.max(1, ...theirs.map(Math.abs)) * 4);
    }
  });

  it('refuses by name a kernel without description, and asks for an example of its inputs', async () => {
    const sorted: TfFunction = ({ images }) => tf.topk(images as never, 1).values;
    await expect(openTfjsReference(sorted, { inputs })).rejects.toThrow(
      /E_UNSUPPORTED {2}TopK: .*Supported are: Abs, Add/,
    );
    await expect(openTfjsReference(sorted)).rejects.toThrow(/E_INPUT {2}sorted/);
    const nothing = (() => null) as unknown as TfFunction;
    await expect(openTfjsReference(nothing, { inputs })).rejects.toThrow(/neither a tensor nor tensors by name/);
  });

  it('leaves TensorFlow.js as it was', async () => {
    await openTfjsReference(network, { inputs, parameters });
    expect(Object.hasOwn(tf.engine(), 'runKernel')).toBe(false);
  });
});
