import { intAttribute, intsAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { axesOf, type Call, front, given, type Kernel, type Kernels, numbers, range } from './_kernel.ts';

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

export const selections: Kernels = { Slice: slice, Split: split, Concat: concat, Pad: pad, Gather: gather };
