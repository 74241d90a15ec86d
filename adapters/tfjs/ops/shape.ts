import { intAttribute, intsAttribute, stringAttribute, tensorAttribute } from '../../../harness/attributes.ts';
import { toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { elementName } from '../../onnx/elements.ts';
import { tfType, toTf, type TfTensor } from '../tensors.ts';
import { axesOf, type Call, cannot, front, given, type Kernel, type Kernels, numbers, range } from './_kernel.ts';

const reshape: Kernel = (call) => {
  const x = given(call, 0);
  const wants = numbers(call, 1) ?? intsAttribute(call.attributes, 'shape', []);
  const keeps = intAttribute(call.attributes, 'allowzero', 0) === 0;
  return call.tf.reshape(
    x,
    wants.map((d, axis) => (d === 0 && keeps ? (x.shape[axis] as number) : d)),
  );
};

const flatten: Kernel = (call) => {
  const x = given(call, 0);
  const axis = front(intAttribute(call.attributes, 'axis', 1), x.rank);
  const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  return call.tf.reshape(x, [size(x.shape.slice(0, axis)), size(x.shape.slice(axis))]);
};

const transpose: Kernel = (call) => {
  const x = given(call, 0);
  return call.tf.transpose(x, [...intsAttribute(call.attributes, 'perm', range(x.rank).reverse())]);
};

const squeeze: Kernel = (call) => {
  const x = given(call, 0);
  const axes = axesOf(call, 1, x.rank);
  return call.tf.reshape(
    x,
    x.shape.filter((d, axis) => (axes === null ? d !== 1 : !axes.includes(axis))),
  );
};

const unsqueeze: Kernel = (call) => {
  const x = given(call, 0);
  const raw = numbers(call, 1) ?? intsAttribute(call.attributes, 'axes', []);
  const rank = x.rank + raw.length;
  const axes = raw.map((axis) => front(axis, rank));
  const rest = [...x.shape];
  return call.tf.reshape(
    x,
    range(rank).map((axis) => (axes.includes(axis) ? 1 : (rest.shift() as number))),
  );
};

const expand: Kernel = (call) => {
  const x = given(call, 0);
  const shape = call.tf.broadcast_util.assertAndGetBroadcastShape(x.shape, [...(numbers(call, 1) ?? [])]);
  return call.tf.broadcastTo(x, shape);
};

/** Steps of 1 are a slice; others pick their indices, as strided slices have no gradient in TensorFlow.js. */
const slice: Kernel = (call) => {
  let x = given(call, 0);
  const starts = numbers(call, 1) ?? intsAttribute(call.attributes, 'starts', []);
  const ends = numbers(call, 2) ?? intsAttribute(call.attributes, 'ends', []);
  const axes = axesOf(call, 3, x.rank) ?? range(starts.length);
  const steps = numbers(call, 4);
  for (const [i, axis] of axes.entries()) {
    const indices = sliced(starts[i] as number, ends[i] as number, steps?.[i] ?? 1, x.shape[axis] as number);
    x = along(call, x, axis, indices);
  }
  return x;
};

function sliced(start: number, end: number, step: number, size: number): readonly number[] {
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  const indices: number[] = [];
  if (step > 0) {
    const last = Math.min(to, size);
    for (let i = Math.max(0, Math.min(from, size)); i < last; i += step) indices.push(i);
  } else {
    const last = Math.max(to, -1);
    for (let i = Math.min(from, size - 1); i > last; i += step) indices.push(i);
  }
  return indices;
}

/** The elements at these indices of one axis. */
export function along({ tf }: Pick<Call, 'tf'>, x: TfTensor, axis: number, indices: readonly number[]): TfTensor {
  const from = indices[0] ?? 0;
  if (indices.every((index, i) => index === from + i)) {
    const begin = x.shape.map((_, i) => (i === axis ? from : 0));
    const size = x.shape.map((d, i) => (i === axis ? indices.length : d));
    return tf.slice(x, begin, size);
  }
  return tf.gather(x, tf.tensor1d(Int32Array.from(indices), 'int32'), axis);
}

const split: Kernel = (call) => {
  const x = given(call, 0);
  const axis = front(intAttribute(call.attributes, 'axis', 0), x.rank);
  const total = x.shape[axis] as number;
  const count = call.node.outputs.length;
  const each = Math.ceil(total / count);
  const said = numbers(call, 1) ?? intsAttribute(call.attributes, 'split', undefined);
  const sizes = said ?? range(count).map((i) => Math.min(each, total - i * each));
  return call.tf.split(x, [...sizes], axis);
};

const concat: Kernel = (call) => {
  const tensors = call.inputs.map((_, slot) => given(call, slot));
  return call.tf.concat(tensors, front(intAttribute(call.attributes, 'axis', 0), (tensors[0] as TfTensor).rank));
};

const pad: Kernel = (call) => {
  const x = given(call, 0);
  const all = numbers(call, 1) ?? intsAttribute(call.attributes, 'pads', []);
  const axes = axesOf(call, 3, x.rank) ?? range(x.rank);
  const mode = stringAttribute(call.attributes, 'mode', 'constant');
  const ends = axes.map((axis, i) => ({ axis, before: all[i] as number, after: all[i + axes.length] as number }));
  if (mode !== 'constant' || all.some((n) => n < 0)) return ends.reduce((y, end) => padded(call, y, end, mode), x);
  const pads = range(x.rank).map((axis): [number, number] => {
    const end = ends.find((e) => e.axis === axis);
    return [end?.before ?? 0, end?.after ?? 0];
  });
  return filledAround(call, call.tf.pad(x, pads), call.tf.pad(call.tf.onesLike(x), pads));
};

/** The filler, which may have a gradient, where nothing else is. */
function filledAround({ tf, inputs }: Call, padded: TfTensor, inside: TfTensor): TfTensor {
  const filler = inputs[2];
  return filler === undefined
    ? padded
    : tf.where(tf.cast(inside, 'bool'), padded, tf.broadcastTo(filler, padded.shape));
}

/** Each place takes the element that its mode says; what is negative is cut off. */
function padded(call: Call, x: TfTensor, end: { axis: number; before: number; after: number }, mode: string): TfTensor {
  const size = x.shape[end.axis] as number;
  if (mode === 'constant') {
    const kept = range(size).slice(Math.max(0, -end.before), size - Math.max(0, -end.after));
    const pads = x.shape.map((_, i): [number, number] =>
      i === end.axis ? [Math.max(0, end.before), Math.max(0, end.after)] : [0, 0],
    );
    const part = along(call, x, end.axis, kept);
    return filledAround(call, call.tf.pad(part, pads), call.tf.pad(call.tf.onesLike(part), pads));
  }
  const place = (i: number): number => {
    if (mode === 'edge') return Math.min(size - 1, Math.max(0, i));
    if (mode === 'wrap') return ((i % size) + size) % size;
    const period = Math.max(1, 2 * (size - 1));
    const at = ((i % period) + period) % period;
    return at < size ? at : period - at;
  };
  return along(
    call,
    x,
    end.axis,
    range(size + end.before + end.after).map((i) => place(i - end.before)),
  );
}

const gather: Kernel = (call) => {
  const { tf } = call;
  const [x, indices] = [given(call, 0), given(call, 1)];
  const axis = front(intAttribute(call.attributes, 'axis', 0), x.rank);
  const whole = tf.cast(indices, 'int32');
  const wrapped = tf.where(tf.less(whole, 0), tf.add(whole, tf.scalar(x.shape[axis] as number, 'int32')), whole);
  return tf.gather(x, wrapped as never, axis);
};

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

/** Channels of NCHW to and from blocks of places. */
const depthToSpace: Kernel = (call) => {
  const x = given(call, 0);
  const b = intAttribute(call.attributes, 'blocksize', 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const out = c / (b * b);
  const columns = stringAttribute(call.attributes, 'mode', 'DCR') === 'DCR';
  const split = columns ? [n, b, b, out, h, w] : [n, out, b, b, h, w];
  const order = columns ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  return call.tf.reshape(call.tf.transpose(call.tf.reshape(x, split), order), [n, out, h * b, w * b]);
};

const spaceToDepth: Kernel = (call) => {
  const x = given(call, 0);
  const b = intAttribute(call.attributes, 'blocksize', 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const split = call.tf.reshape(x, [n, c, h / b, b, w / b, b]);
  return call.tf.reshape(call.tf.transpose(split, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b]);
};

const shape: Kernel = (call) => {
  const all = given(call, 0).shape;
  const from = intAttribute(call.attributes, 'start', 0);
  const to = intAttribute(call.attributes, 'end', all.length);
  return call.tf.tensor1d(all.slice(from, to), 'int32');
};

export const shapes: Kernels = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Slice: slice,
  Split: split,
  Concat: concat,
  Pad: pad,
  Gather: gather,
  Tile: (call) => call.tf.tile(given(call, 0), [...(numbers(call, 1) ?? [])]),
  Shape: shape,
  Size: (call) => call.tf.scalar(given(call, 0).size, 'int32'),
  Constant: constant,
  ConstantOfShape: filled,
  Cast: cast,
  CastLike: cast,
  Trilu: trilu,
  OneHot: oneHot,
  CumSum: cumSum,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
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
