import { describe, expect, it } from '@jest/globals';
import { openTfjsReference } from '../../../adapters/tfjs/index.ts';
import { sourceOf, fromNumbers } from '../../../harness/tensor.ts';
import { check } from '../../../harness/check.ts';
import { recordReference } from '../../../harness/record.ts';
import { drawn, failures, inOnnxRuntime, judged, judgedOutside, recorded, tf, tfl } from './_kit.ts';

const { layers, model, sequential } = tfl;

/** Two inputs, a shared layer, a model inside, every merge, two outputs. */
function branched() {
  const words = tfl.input({ shape: [6], dtype: 'int32', name: 'words' });
  const image = tfl.input({ shape: [5], name: 'numbers' });
  const vectors = layers.embedding({ inputDim: 11, outputDim: 4, name: 'embed' }).apply(words);
  const mean = layers.globalAveragePooling1d({ name: 'mean' }).apply(vectors) as never;
  const shared = layers.dense({ units: 3, activation: 'tanh', biasInitializer: 'randomNormal', name: 'shared' });
  const project = layers.dense({ units: 4, name: 'project' }).apply(image) as never;
  const [a, b] = [shared.apply(mean), shared.apply(project)] as never[];
  const inner = sequential({ name: 'inner' });
  inner.add(layers.dense({ units: 3, inputShape: [3], activation: 'elu', name: 'deep' }));
  inner.add(layers.layerNormalization({ name: 'norm' }) as never);
  const nested = inner.apply(layers.add({ name: 'sum' }).apply([a, b] as never)) as never;
  const pairs = [
    layers.multiply({ name: 'times' }).apply([a, nested] as never),
    layers.average({ name: 'half' }).apply([b, nested] as never),
    layers.maximum({ name: 'most' }).apply([a, b] as never),
    layers.minimum({ name: 'least' }).apply([a, b] as never),
  ] as never[];
  const joined = layers.concatenate({ name: 'joined' }).apply(pairs as never) as never;
  const left = layers.dense({ units: 4, activation: 'softmax', name: 'left' }).apply(joined) as never;
  const right = layers.dense({ units: 1, activation: 'sigmoid', name: 'right' }).apply(joined) as never;
  return model({ inputs: [words, image], outputs: [left, right] });
}

const labels = fromNumbers('int32', [7], [0, 3, 1, 2, 3, 0, 1]);
const inputs = new Map([
  ['words', drawn('words', [7, 6], 11)],
  ['numbers', drawn('numbers', [7, 5])],
  ['target_left', sourceOf(labels)],
  ['target_right', sourceOf(fromNumbers('float32', [7, 1], [0, 1, 1, 0, 1, 0, 0]))],
]);
const loss = { left: 'sparse_categorical_crossentropy', right: 'binary_crossentropy' };

describe('a network of branches', () => {
  it('is walked in order: shared layers, models inside models, several inputs, outputs and losses', async () => {
    const tfjs = await openTfjsReference(branched(), { loss });
    const onnx = await inOnnxRuntime(tfjs);
    expect(failures(await judgedOutside(tfjs, onnx, inputs))).toEqual([]);
    const report = await judged(tfjs, onnx, inputs);
    expect(failures(report)).toEqual([]);
    const rows = report.tensors.map((row) => `${row.tensor} ${row.direction}`);
    for (const name of ['shared', 'shared_2', 'inner/deep', 'inner/norm', 'loss', 'loss_left'])
      expect(rows).toContain(`${name} forward`);
    for (const name of ['embed/embeddings', 'shared/kernel', 'inner/deep/kernel'])
      expect(rows).toContain(`${name} backward`);
  });

  it('gives what predict() gives, and the loss that tf.metrics give', async () => {
    const network = branched();
    const tfjs = await openTfjsReference(network, { loss, backend: 'cpu' });
    const { values } = await recordReference(tfjs, inputs, null);
    await tf.setBackend('cpu');
    const data = ['words', 'numbers'].map((name) => {
      const { dtype, shape, data: elements } = (inputs.get(name) as ReturnType<typeof drawn>).read();
      return tf.tensor(elements as Float32Array, [...shape], dtype as 'float32');
    });
    const outputs = network.predict(data) as ReturnType<typeof tf.tensor>[];
    for (const [i, name] of ['left', 'right'].entries()) {
      expect(values.get(name)?.read().data).toEqual((outputs[i] as ReturnType<typeof tf.tensor>).dataSync());
    }
  });

  it('does not change the model that it was given, and leaves no tensor behind', async () => {
    const network = branched();
    const weights = network.getWeights().map((weight) => weight.dataSync().join());
    const tfjs = await openTfjsReference(network, { loss });
    await judged(tfjs, tfjs, inputs);
    const before = tf.memory().numTensors;
    await judged(tfjs, tfjs, inputs);
    expect(tf.memory().numTensors).toBe(before);
    expect(network.getWeights().map((weight) => weight.dataSync().join())).toEqual(weights);
    expect((network as unknown as { lossFunctions?: unknown }).lossFunctions).toBeUndefined();
  });

  it('takes batch normalisation in training by its batch, and refuses dropout there', async () => {
    const network = sequential();
    network.add(layers.dense({ units: 5, inputShape: [3], name: 'first' }));
    network.add(layers.batchNormalization({ name: 'norm' }) as never);
    const given = new Map([
      ['first_input', drawn('rows', [7, 3])],
      ['target', drawn('wanted', [7, 5])],
    ]);
    const tfjs = await openTfjsReference(network, { training: true, loss: 'mse' });
    const report = await judgedOutside(tfjs, await inOnnxRuntime(tfjs), given);
    expect(failures(report)).toEqual([]);
    const plain = await openTfjsReference(network, { loss: 'mse' });
    const other = await check(recorded(await recordReference(tfjs, given, null)), plain, { inputs: given });
    expect(other.outcome).toBe('mismatch');
    network.add(layers.dropout({ rate: 0.5 }) as never);
    await expect(openTfjsReference(network, { training: true })).rejects.toThrow(/E_UNSUPPORTED.*random/);
  });
});
