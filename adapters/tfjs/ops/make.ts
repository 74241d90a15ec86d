import { intAttribute, tensorAttribute } from '../../../harness/attributes.ts';
import { toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { elementName } from '../../onnx/elements.ts';
import { tfType, toTf, type TfTensor } from '../tensors.ts';
import { cannot, front, given, type Kernel, type Kernels, numbers, range } from './_kernel.ts';

const constant: Kernel = (call) => {
  const tensor = tensorAttribute(call.attributes, 'value');
  if (tensor !== undefined) return toTf(call.tf, tensor, call.node.name);
  const entry = Object.entries(call.attributes)[0];
  const [name, attribute] = entry ?? ['', undefined];
  if (attribute?.kind === 'int') return call.tf.scalar(attribute.value, 'int32');
  if (attribute?.kind === 'float') return call.tf.scalar(attribute.value);
  if (attribute?.kind === 'ints') return call.tf.tensor1d([...attribute.value], 'int32');
  if (attribute?.kind === 'floats') return call.tf.tensor1d([...attribute.value]);
  throw cannot(call, `of ${name || 'nothing'}`, 'Use numbers.');
};

const filled: Kernel = (call) => {
  const value: Tensor | undefined = tensorAttribute(call.attributes, 'value');
  const dtype = value === undefined ? 'float32' : tfType(value.dtype, call.node.name);
  return call.tf.fill([...(numbers(call, 0) ?? [])], value === undefined ? 0 : (toNumbers(value)[0] as number), dtype);
};

const cast: Kernel = (call) => {
  const x = given(call, 0);
  const to = call.node.op === 'CastLike' ? null : elementName(intAttribute(call.attributes, 'to', 1));
  const dtype = to === null ? given(call, 1).dtype : tfType(to as never, call.node.name);
  return call.tf.cast(x, dtype);
};

const trilu: Kernel = (call) => {
  const { tf } = call;
  const x = given(call, 0);
  const k = numbers(call, 1)?.[0] ?? 0;
  const upper = intAttribute(call.attributes, 'upper', 1) !== 0;
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const kept = range(rows * columns).map((i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return (upper ? column - row >= k : column - row <= k) ? 1 : 0;
  });
  const mask = tf.broadcastTo(tf.tensor2d(Uint8Array.from(kept), [rows, columns], 'bool'), x.shape);
  return tf.where(mask, x, tf.zerosLike(x));
};

const oneHot: Kernel = (call) => {
  const { tf } = call;
  const indices = tf.cast(given(call, 0), 'int32');
  const depth = numbers(call, 1)?.[0] as number;
  const values = given(call, 2);
  const wrapped = tf.where(tf.less(indices, 0), tf.add(indices, tf.scalar(depth, 'int32')), indices);
  const hot = tf.cast(tf.oneHot(wrapped as never, depth), 'bool');
  const axis = front(intAttribute(call.attributes, 'axis', -1), hot.rank);
  const others = range(hot.rank - 1);
  others.splice(axis, 0, hot.rank - 1);
  const chosen = tf.transpose(hot, others);
  const [off, on] = tf.unstack(values).map((value) => tf.broadcastTo(value, chosen.shape)) as [TfTensor, TfTensor];
  return tf.where(chosen, on, off);
};

const cumSum: Kernel = (call) => {
  const x = given(call, 0);
  const axis = front(numbers(call, 1)?.[0] ?? 0, x.rank);
  const [exclusive, reverse] = ['exclusive', 'reverse'].map((name) => intAttribute(call.attributes, name, 0) !== 0);
  // Along the last axis: for others the gradient of tf.cumsum comes back with its axes mixed up.
  const order = range(x.rank).map((i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i));
  return call.tf.transpose(call.tf.cumsum(call.tf.transpose(x, order), x.rank - 1, exclusive, reverse), order);
};

export const makers: Kernels = {
  Constant: constant,
  ConstantOfShape: filled,
  Cast: cast,
  CastLike: cast,
  Trilu: trilu,
  OneHot: oneHot,
  CumSum: cumSum,
  Range: (call) => {
    const { tf } = call;
    const [start, limit, delta] = [0, 1, 2].map((slot) => numbers(call, slot)?.[0] as number) as [
      number,
      number,
      number,
    ];
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    const steps = tf.cast(tf.range(0, count, 1, 'int32'), given(call, 0).dtype);
    return tf.add(given(call, 0), tf.mul(steps, given(call, 2)));
  },
};
