import { intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { type Call, front, given, type Kernel, type Kernels, range } from './_kernel.ts';

/** tf.softmax and tf.logSoftmax work along the last axis; before opset 13 all axes from the given one count as one. */
function rows(call: Call, f: (x: TfTensor) => TfTensor): TfTensor {
  const { tf, opset } = call;
  const x = given(call, 0);
  const axis = front(intAttribute(call.attributes, 'axis', opset < 13 ? 1 : -1), x.rank);
  if (opset < 13) {
    const rowsOf = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
    return tf.reshape(f(tf.reshape(x, [rowsOf, -1])), x.shape);
  }
  return lastAxis(call, x, axis, f);
}

function lastAxis({ tf }: Pick<Call, 'tf'>, x: TfTensor, axis: number, f: (x: TfTensor) => TfTensor): TfTensor {
  if (axis === x.rank - 1) return f(x);
  const order = range(x.rank).map((i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i));
  return tf.transpose(f(tf.transpose(x, order)), order);
}

const crossEntropy: Kernel = (call) => {
  const scores = given(call, 0);
  const logs = lastAxis(call, scores, 1, (x) => call.tf.logSoftmax(x));
  return [negativeLikelihood(call, logs), logs];
};

/** −w[t] · log p[t], reduced; classes are axis 1. */
function negativeLikelihood(call: Call, logs: TfTensor): TfTensor {
  const { tf, inputs, attributes } = call;
  const target = tf.cast(given(call, 1), 'int32');
  const order = [0, ...range(logs.rank).slice(2), 1];
  const byClass = tf.transpose(logs, order);
  const classes = logs.shape[1] as number;
  // A target beyond the classes (ignore_index is often −100) is a row of zeros.
  const ignored = attributes['ignore_index'];
  const hot = tf.cast(tf.oneHot(target as never, classes), 'float32');
  const kept =
    ignored?.kind === 'int'
      ? tf.mul(hot, tf.expandDims(tf.cast(tf.notEqual(target, tf.scalar(ignored.value, 'int32')), 'float32'), -1))
      : hot;
  const weighted = inputs[2] === undefined ? kept : tf.mul(kept, inputs[2]);
  const losses = tf.neg(tf.sum(tf.mul(byClass, weighted), -1));
  const reduction = stringAttribute(attributes, 'reduction', 'mean');
  if (reduction === 'none') return losses;
  const sum = tf.sum(losses);
  return reduction === 'sum' ? sum : tf.div(sum, tf.sum(weighted));
}

export const losses: Kernels = {
  Softmax: (call) => rows(call, (x) => call.tf.softmax(x)),
  LogSoftmax: (call) => rows(call, (x) => call.tf.logSoftmax(x)),
  SoftmaxCrossEntropyLoss: crossEntropy,
  NegativeLogLikelihoodLoss: (call) => negativeLikelihood(call, given(call, 0)),
};
