import { describe, expect, it } from '@jest/globals';
import { openTfjsReference } from '../../../adapters/tfjs/index.ts';
import { drawn, failures, inOnnxRuntime, judged, judgedOutside, judgedRows, tf, tfl } from './_kit.ts';

const { layers, sequential } = tfl;
type Layer = object;

const bias = 'randomNormal' as const;
/** The default, orthogonal, wants methods that only the whole of @tensorflow/tfjs has. */
const recurrentInitializer = 'glorotNormal' as const;

/** What stands in the middle of a network of one layer: its input's shape, and the layer. */
const CASES: Record<string, [number[], () => Layer]> = {
  'Dense without activation': [[5], () => layers.dense({ units: 3, biasInitializer: bias })],
  'Dense over time, softmax': [[4, 5], () => layers.dense({ units: 3, activation: 'softmax', biasInitializer: bias })],
  'Dense without bias, gelu': [[5], () => layers.dense({ units: 3, useBias: false, activation: 'gelu' as never })],
  Conv1D: [[11, 3], () => layers.conv1d({ filters: 2, kernelSize: 3, strides: 2, biasInitializer: bias })],
  'Conv2D same, strides, relu': [
    [7, 6, 3],
    () =>
      layers.conv2d({
        filters: 5,
        kernelSize: [3, 2],
        strides: 2,
        padding: 'same',
        activation: 'relu',
        biasInitializer: bias,
      }),
  ],
  'Conv2D valid, tanh': [[7, 6, 3], () => layers.conv2d({ filters: 5, kernelSize: 3, activation: 'tanh' })],
  'Conv2D dilated': [
    [7, 8, 3],
    () => layers.conv2d({ filters: 5, kernelSize: 3, dilationRate: 2, activation: 'relu' }),
  ],
  'Conv2D channels first': [[3, 7, 6], () => layers.conv2d({ filters: 5, kernelSize: 3, dataFormat: 'channelsFirst' })],
  Conv3D: [[5, 4, 6, 2], () => layers.conv3d({ filters: 3, kernelSize: 2, biasInitializer: bias })],
  DepthwiseConv2D: [
    [7, 6, 3],
    () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same', biasInitializer: bias }),
  ],
  SeparableConv2D: [
    [7, 6, 3],
    () => layers.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, biasInitializer: bias }),
  ],
  'Conv2DTranspose same': [
    [5, 4, 3],
    () => layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', biasInitializer: bias }),
  ],
  'Conv2DTranspose valid, kernel below stride': [
    [5, 4, 3],
    () => layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 3, padding: 'valid' }),
  ],
  'BatchNormalization of an image': [[5, 4, 3], () => layers.batchNormalization({})],
  'BatchNormalization of rows': [[7], () => layers.batchNormalization({ scale: false })],
  'BatchNormalization over axis 1': [[3, 5, 4], () => layers.batchNormalization({ axis: 1 })],
  LayerNormalization: [[5, 7], () => layers.layerNormalization({})],
  'LayerNormalization over two axes': [[3, 5, 7], () => layers.layerNormalization({ axis: [2, 3] })],
  MaxPooling1D: [[11, 3], () => layers.maxPooling1d({ poolSize: 3, strides: 2, padding: 'same' })],
  'MaxPooling2D same': [[7, 6, 3], () => layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })],
  MaxPooling3D: [[5, 4, 6, 2], () => layers.maxPooling3d({ poolSize: 2 } as never)],
  AveragePooling1D: [[11, 3], () => layers.averagePooling1d({ poolSize: 3 })],
  'AveragePooling2D same': [[7, 6, 3], () => layers.averagePooling2d({ poolSize: 3, padding: 'same' })],
  AveragePooling3D: [[5, 4, 6, 2], () => layers.averagePooling3d({ poolSize: 2 } as never)],
  GlobalAveragePooling1D: [[5, 3], () => layers.globalAveragePooling1d({})],
  GlobalAveragePooling2D: [[5, 4, 3], () => layers.globalAveragePooling2d({})],
  GlobalMaxPooling1D: [[5, 3], () => layers.globalMaxPooling1d({})],
  GlobalMaxPooling2D: [[5, 4, 3], () => layers.globalMaxPooling2d({})],
  Flatten: [[5, 4, 3], () => layers.flatten()],
  'Flatten channels first': [[3, 5, 4], () => layers.flatten({ dataFormat: 'channelsFirst' })],
  Reshape: [[5, 4, 3], () => layers.reshape({ targetShape: [10, 6] })],
  Permute: [[5, 4, 3], () => layers.permute({ dims: [2, 3, 1] })],
  RepeatVector: [[5], () => layers.repeatVector({ n: 3 })],
  Dropout: [[5], () => layers.dropout({ rate: 0.5 })],
  ZeroPadding2D: [
    [5, 4, 3],
    () =>
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      } as never),
  ],
  Cropping2D: [
    [7, 6, 3],
    () =>
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
  ],
  'UpSampling2D nearest': [[5, 4, 3], () => layers.upSampling2d({ size: [2, 3] })],
  'UpSampling2D bilinear': [[5, 4, 3], () => layers.upSampling2d({ interpolation: 'bilinear' })],
  ReLU: [[11], () => layers.reLU({ maxValue: 1 })],
  LeakyReLU: [[11], () => layers.leakyReLU({ alpha: 0.1 })],
  PReLU: [[11], () => layers.prelu({ alphaInitializer: bias })],
  ELU: [[11], () => layers.elu()],
  ThresholdedReLU: [[11], () => layers.thresholdedReLU({ theta: 0.3 })],
  Softmax: [[3, 11], () => layers.softmax({ axis: -1 })],
  LSTM: [[5, 3], () => layers.lstm({ units: 4, recurrentInitializer, biasInitializer: bias })],
  'LSTM, all states, backwards, sigmoid': [
    [5, 3],
    () =>
      layers.lstm({
        units: 4,
        recurrentInitializer,
        returnSequences: true,
        goBackwards: true,
        recurrentActivation: 'sigmoid',
      }),
  ],
  GRU: [[5, 3], () => layers.gru({ units: 4, recurrentInitializer, returnSequences: true, biasInitializer: bias })],
  SimpleRNN: [[5, 3], () => layers.simpleRNN({ units: 4, recurrentInitializer, biasInitializer: bias })],
  'Bidirectional LSTM': [
    [5, 3],
    () =>
      layers.bidirectional({
        layer: layers.lstm({ units: 4, recurrentInitializer, returnSequences: true }),
        mergeMode: 'concat',
      }),
  ],
  'Bidirectional GRU, last state, summed': [
    [5, 3],
    () =>
      layers.bidirectional({
        layer: layers.gru({ units: 4, recurrentInitializer }),
        mergeMode: 'sum',
      }),
  ],
  'TimeDistributed Dense': [
    [5, 3],
    () => layers.timeDistributed({ layer: layers.dense({ units: 4, activation: 'tanh' }) }),
  ],
};

for (const activation of 'elu hardSigmoid linear relu relu6 selu sigmoid softplus softsign swish mish gelu_new'.split(
  ' ',
)) {
  CASES[`Activation ${activation}`] = [[11], () => layers.activation({ activation: activation as never })];
}

describe('every layer that can be described', () => {
  it.each(Object.entries(CASES).map(([name, [shape, make]]) => ({ name, shape, make })))(
    '$name: TensorFlow.js’s own code matches ONNX Runtime on the description, forward and backward',
    async ({ name, shape, make }) => {
      const network = sequential();
      // The layers around it keep its input from being the network's, and mix what it gives.
      network.add(layers.inputLayer({ inputShape: shape }));
      network.add(layers.prelu({ alphaInitializer: 'randomNormal', name: 'before' }) as never);
      const layer = make();
      network.add(layer as never);
      network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      draw(network.weights as never);
      const tfjs = await openTfjsReference(network, { name });
      const [input] = network.inputNames as [string];
      const batch = [2, ...shape];
      const output = (network.predict(tf.zeros(batch)) as { shape: number[] }).shape;
      const inputs = new Map([
        [input, drawn(name, batch)],
        ['target', drawn(`${name} target`, output)],
      ]);
      const onnx = await inOnnxRuntime(tfjs);
      expect(failures(await judgedOutside(tfjs, onnx, inputs))).toEqual([]);
      const report = await judged(tfjs, onnx, inputs);
      expect(failures(report)).toEqual([]);
      expect(judgedRows(report, 'forward')).toBeGreaterThan(1);
      expect(judgedRows(report, 'backward')).toBeGreaterThan(1);
      expect(report.notes.filter((note) => note.includes('suspect'))).toEqual([]);
      // Each of its parameters has a gradient, by its own name.
      const known = new Set(report.tensors.map((row) => `${row.tensor} ${row.direction}`));
      for (const parameter of tfjs.graph.initializers.keys()) expect(known).toContain(`${parameter} backward`);
    },
  );
});

/** Weights are often ones and zeros at first: of these nothing can be told. */
function draw(weights: readonly { originalName: string; shape: number[]; write(value: unknown): void }[]): void {
  for (const weight of weights) {
    const { data } = drawn(weight.originalName, weight.shape).read();
    const numbers = Float32Array.from(data as Float32Array, (x) =>
      /variance/.test(weight.originalName) ? 0.5 + x * x : 0.5 * x,
    );
    weight.write(tf.tensor(numbers, weight.shape));
  }
}
