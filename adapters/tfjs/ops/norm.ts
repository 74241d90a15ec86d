import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { type Call, front, given, type Kernel, type Kernels, range } from './_kernel.ts';
import { channelsFirst, channelsLast } from './_spatial.ts';

const epsilonOf = ({ attributes }: Call): number => floatAttribute(attributes, 'epsilon', 1e-5);

const batchNorm: Kernel = (call) => {
  const { tf, attributes, node } = call;
  const x = channelsLast(call, given(call, 0));
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((slot) => given(call, slot)) as [
    TfTensor,
    TfTensor,
    TfTensor,
    TfTensor,
  ];
  const training = intAttribute(attributes, 'training_mode', 0) !== 0;
  if (!training) return channelsFirst(call, normalized(call, x, mean, variance, scale, bias));
  const now = tf.moments(x, range(x.rank - 1));
  const y = channelsFirst(call, normalized(call, x, now.mean, now.variance, scale, bias));
  const kept = floatAttribute(attributes, 'momentum', 0.9);
  const running = (before: TfTensor, batch: TfTensor): TfTensor =>
    tf.add(tf.mul(before, kept), tf.mul(batch, 1 - kept));
  return node.outputs.length > 1 ? [y, running(mean, now.mean), running(variance, now.variance)] : y;
};

/** tf.batchNorm over the last axis; its gradient wants two to four axes. */
function normalized(
  call: Call,
  x: TfTensor,
  mean: TfTensor,
  variance: TfTensor,
  scale: TfTensor,
  bias: TfTensor,
): TfTensor {
  const { tf } = call;
  const flat = x.rank > 4 ? tf.reshape(x, [-1, x.shape[x.rank - 1] as number]) : x;
  const y = tf.batchNorm(
    flat as never,
    mean as never,
    variance as never,
    bias as never,
    scale as never,
    epsilonOf(call),
  );
  return x.rank > 4 ? tf.reshape(y, x.shape) : y;
}

/** (x − mean) / √(variance + ε) over some axes. */
function standardised(call: Call, x: TfTensor, axes: number[]): TfTensor {
  const { tf } = call;
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilonOf(call))));
}

const layerNorm: Kernel = (call) => {
  const { tf, inputs } = call;
  const x = given(call, 0);
  const axis = front(intAttribute(call.attributes, 'axis', -1), x.rank);
  const axes = range(x.rank).slice(axis);
  const y = tf.mul(standardised(call, x, axes), given(call, 1));
  const out = inputs[2] === undefined ? y : tf.add(y, inputs[2]);
  if (call.node.outputs.length === 1) return out;
  const { mean, variance } = tf.moments(x, axes, true);
  return [out, mean, tf.rsqrt(tf.add(variance, epsilonOf(call)))];
};

/** A vector a channel of N C …. */
const perChannel = ({ tf }: Call, v: TfTensor, rank: number): TfTensor =>
  tf.reshape(v, [1, v.size, ...range(rank - 2).map(() => 1)]);

const instanceNorm: Kernel = (call) => {
  const { tf } = call;
  const x = given(call, 0);
  const y = standardised(call, x, range(x.rank).slice(2));
  return tf.add(tf.mul(y, perChannel(call, given(call, 1), x.rank)), perChannel(call, given(call, 2), x.rank));
};

const groupNorm: Kernel = (call) => {
  const { tf, opset } = call;
  const x = given(call, 0);
  const groups = intAttribute(call.attributes, 'num_groups', 1);
  const [n, c, ...rest] = x.shape as [number, number, ...number[]];
  const y = standardised(call, tf.reshape(x, [n, groups, -1]), [2]);
  // Before opset 21 scale and bias are one a group.
  const channel = (v: TfTensor): TfTensor =>
    opset < 21 && v.size === groups ? tf.reshape(tf.tile(tf.reshape(v, [groups, 1]), [1, c / groups]), [c]) : v;
  const [scale, bias] = [1, 2].map((slot) => perChannel(call, channel(given(call, slot)), x.rank)) as [
    TfTensor,
    TfTensor,
  ];
  return tf.add(tf.mul(tf.reshape(y, [n, c, ...rest]), scale), bias);
};

const rmsNorm: Kernel = (call) => {
  const { tf } = call;
  const x = given(call, 0);
  const axis = front(intAttribute(call.attributes, 'axis', -1), x.rank);
  const square = tf.mean(tf.square(x), range(x.rank).slice(axis), true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(square, epsilonOf(call)))), given(call, 1));
};

/** ONNX sums over `size` channels and divides α by it; TensorFlow.js takes a radius. */
const lrn: Kernel = (call) => {
  const { tf, attributes } = call;
  const size = intAttribute(attributes, 'size', 1);
  const [alpha, beta] = [floatAttribute(attributes, 'alpha', 1e-4), floatAttribute(attributes, 'beta', 0.75)];
  const x = channelsLast(call, given(call, 0)) as never;
  const bias = floatAttribute(attributes, 'bias', 1);
  return channelsFirst(call, tf.localResponseNormalization(x, Math.floor(size / 2), bias, alpha / size, beta));
};

export const norms: Kernels = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  InstanceNormalization: instanceNorm,
  GroupNormalization: groupNorm,
  RMSNormalization: rmsNorm,
  LRN: lrn,
  // Without randomness it is nothing.
  Dropout: (call) => {
    const x = given(call, 0);
    return [call.tf.clone(x), call.tf.onesLike(call.tf.cast(x, 'bool'))];
  },
};
