import type { Tensor as Tf } from '@tensorflow/tfjs-core';
import { loadTfjs } from '../../adapters/tfjs/load.ts';
import { float32, toNumbers } from '../../harness/tensor.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import type { Bench, Run } from './jury.ts';

type Core = Awaited<ReturnType<typeof loadTfjs>>['core'];
/** A case in TensorFlow.js's own operators: its float inputs in the order of the model's. */
type Flow = (tf: Core, ...inputs: readonly Tf[]) => Tf;

export const BACKENDS = ['cpu', 'wasm'] as const;
export type Backend = (typeof BACKENDS)[number];

/** The case by TensorFlow.js on a backend, or null where it has no such operator. Gradients are left out where the backend lacks a kernel of them. */
export async function byTensorFlow({ one, reference, cotangent }: Bench, backend: Backend): Promise<Run | null> {
  const flow = FLOWS.find(([fits]) => fits.test(one.name))?.[1];
  if (flow === undefined) return null;
  const { core: tf, backends } = await loadTfjs();
  if (!backends.includes(backend)) return null;
  await tf.setBackend(backend);
  let run: Run | null = null;
  tf.tidy(() => {
    const feeds = one.wants.map((name) => tensorIn(tf, one.feeds.get(name) as Tensor));
    const f = (...inputs: Tf[]): Tf => flow(tf, ...inputs);
    const y = kernelOr(() => f(...feeds), null);
    if (y === null) return;
    const dy = tf.reshape(tensorIn(tf, cotangent), y.shape);
    const gradients = kernelOr(() => tf.grads(f)(feeds, dy), []);
    run = {
      y: float32(reference.y.shape, Float64Array.from(y.dataSync())),
      gradients: new Map(
        gradients.map((g, i) => {
          const name = one.wants[i] as string;
          return [name, float32((one.feeds.get(name) as Tensor).shape, Float64Array.from(g.dataSync()))] as const;
        }),
      ),
    };
  });
  return run;
}

/** The wasm backend lacks kernels, those of a convolution's weight gradient among them. */
function kernelOr<T>(compute: () => T, otherwise: T): T {
  try {
    return compute();
  } catch (error) {
    if (/Kernel '\w+' not registered/.test(String(error))) return otherwise;
    throw error;
  }
}

const tensorIn = (tf: Core, tensor: Tensor): Tf =>
  tf.tensor(Float32Array.from(toNumbers(tensor)), [...tensor.shape], 'float32');

const EPSILON = Math.fround(1e-5);
const TO_LAST = [0, 2, 3, 1];
const TO_FIRST = [0, 3, 1, 2];

const conv =
  (stride: number, pad: (inputs: number) => number): Flow =>
  (tf, x, w, b) => {
    const [image, kernel] = [tf.transpose(x!, TO_LAST), tf.transpose(w!, [2, 3, 1, 0])];
    const y = tf.conv2d(image as never, kernel as never, stride, pad(b === undefined ? 2 : 3));
    return tf.transpose(b === undefined ? y : tf.add(y, b), TO_FIRST);
  };

const depthwise: Flow = (tf, x, w, b) => {
  const [image, kernel] = [tf.transpose(x!, TO_LAST), tf.transpose(w!, [2, 3, 0, 1])];
  return tf.transpose(tf.add(tf.depthwiseConv2d(image as never, kernel as never, 1, 1), b!), TO_FIRST);
};

/** (x − mean) / √(variance + ε) over some axes. */
function standardised(tf: Core, x: Tf, axes: number[]): Tf {
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPSILON)));
}

const layerNorm: Flow = (tf, x, scale, shift) => tf.add(tf.mul(standardised(tf, x!, [1]), scale!), shift!);

const groupNorm =
  (groups: number | null): Flow =>
  (tf, x, scale, shift) => {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const g = groups ?? c;
    const y = tf.reshape(standardised(tf, tf.reshape(x!, [n, g, (c / g) * h * w]), [2]), x!.shape);
    return tf.add(tf.mul(y, tf.reshape(scale!, [c, 1, 1])), tf.reshape(shift!, [c, 1, 1]));
  };

const batchNorm: Flow = (tf, x, scale, shift, mean, variance) =>
  tf.transpose(
    tf.batchNorm(tf.transpose(x!, TO_LAST), mean as never, variance as never, shift as never, scale as never, EPSILON),
    TO_FIRST,
  );

const rmsNorm: Flow = (tf, x, scale) =>
  tf.mul(tf.mul(x!, tf.rsqrt(tf.add(tf.mean(tf.square(x!), 1, true), EPSILON))), scale!);

const LABELS = [3, 0, 10, 7, 1];
const crossEntropy: Flow = (tf, x) => {
  const p = tf.sum(tf.mul(tf.oneHot(tf.tensor1d(LABELS, 'int32'), 11), tf.logSoftmax(x!)), 1);
  return tf.neg(tf.mean(p));
};

const pooled =
  (op: 'avgPool' | 'maxPool'): Flow =>
  (tf, x) =>
    tf.transpose(tf[op](tf.transpose(x!, TO_LAST) as never, 2, 2, 'valid') as Tf, TO_FIRST);

const gelu: Flow = (tf, x) => tf.mul(tf.mul(x!, 0.5), tf.add(tf.erf(tf.mul(x!, Math.SQRT1_2)), 1));

const FLOWS: readonly (readonly [RegExp, Flow])[] = [
  [/^MatMul/, (tf, a, b) => tf.matMul(a!, b!)],
  [/^Gemm/, (tf, x, w, b) => tf.add(tf.matMul(x!, w!, false, true), b!)],
  [/^Conv (3x3|1x1|positive|one)/, conv(1, (inputs) => (inputs > 2 ? 1 : 0))],
  [/^Conv 5x5/, conv(2, () => 2)],
  [/^Conv depthwise/, depthwise],
  [/^LayerNorm/, layerNorm],
  [/^InstanceNorm/, groupNorm(null)],
  [/^GroupNorm/, groupNorm(3)],
  [/^BatchNormalization mean/, batchNorm],
  [/^RMSNorm/, rmsNorm],
  [/^Softmax/, (tf, x) => tf.softmax(x!)],
  [/^LogSoftmax/, (tf, x) => tf.logSoftmax(x!)],
  [/^CrossEntropy/, crossEntropy],
  [/^MeanSquare/, (tf, a, b) => tf.losses.meanSquaredError(b!, a!)],
  [/^BinaryCrossEntropy/, (tf, x, y) => tf.losses.sigmoidCrossEntropy(y!, x!)],
  [/^ReduceSum/, (tf, x) => tf.sum(x!, null as never, true)],
  [/^ReduceMean/, (tf, x) => tf.mean(x!, null as never, true)],
  [/^ReduceL2/, (tf, x) => tf.sqrt(tf.sum(tf.square(x!), null as never, true))],
  [/^Sigmoid/, (tf, x) => tf.sigmoid(x!)],
  [/^Tanh/, (tf, x) => tf.tanh(x!)],
  [/^Erf/, (tf, x) => tf.erf(x!)],
  [/^Gelu/, gelu],
  [/^Softplus/, (tf, x) => tf.softplus(x!)],
  [/^Elu/, (tf, x) => tf.elu(x!)],
  [/^Relu/, (tf, x) => tf.relu(x!)],
  [/^LeakyRelu/, (tf, x) => tf.leakyRelu(x!, Math.fround(0.01))],
  [/^Exp/, (tf, x) => tf.exp(x!)],
  [/^Log$/, (tf, x) => tf.log(x!)],
  [/^Sqrt/, (tf, x) => tf.sqrt(x!)],
  [/^Add/, (tf, a, b) => tf.add(a!, b!)],
  [/^Mul/, (tf, a, b) => tf.mul(a!, b!)],
  [/^Div/, (tf, a, b) => tf.div(a!, b!)],
  [/^AveragePool/, pooled('avgPool')],
  [/^MaxPool/, pooled('maxPool')],
  [/^GlobalAveragePool/, (tf, x) => tf.mean(x!, [2, 3], true)],
  [/^Gather/, (tf, x) => tf.gather(x!, tf.tensor1d([3, 0, 3, 10, 3, 7], 'int32'))],
];
