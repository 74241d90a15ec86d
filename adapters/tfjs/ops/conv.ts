import { intAttribute, intsAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { type Call, cannot, given, type Kernel, type Kernels, range } from './_kernel.ts';
import { channelsFirst, channelsLast, padSpatial, widen, type Window, windowOf } from './_spatial.ts';

type Tf = Call['tf'];

const conv: Kernel = (call) => {
  const { tf } = call;
  const [x, w] = [given(call, 0), given(call, 1)];
  const groups = intAttribute(call.attributes, 'group', 1);
  const window = windowOf(call, x.shape.slice(2), w.shape.slice(2));
  const padded = padSpatial(call, channelsLast(call, x), window);
  const y = biased(tf, grouped(call, padded, filterOf(tf, w, window), window, groups), call.inputs[2]);
  return channelsFirst(call, y);
};

const biased = (tf: Tf, y: TfTensor, bias: TfTensor | undefined): TfTensor =>
  bias === undefined ? y : tf.add(y, bias);

/** M C … to … C M; dilated by zeros, as TensorFlow.js has no gradient of a dilated convolution. */
function filterOf(tf: Tf, w: TfTensor, { dilations }: Window): TfTensor {
  const last = tf.transpose(w, [...range(w.rank - 2).map((i) => i + 2), 1, 0]);
  return dilations.reduce((filter, d, axis) => (d === 1 ? filter : spread(tf, filter, axis, d)), last);
}

/** Puts step − 1 zeros between the places of an axis. */
export function spread(tf: Tf, x: TfTensor, axis: number, step: number): TfTensor {
  const size = x.shape[axis] as number;
  const columns = tf.expandDims(x, axis + 1);
  const padded = tf.pad(
    columns,
    columns.shape.map((_, i): [number, number] => (i === axis + 1 ? [0, step - 1] : [0, 0])),
  );
  const flat = tf.reshape(
    padded,
    x.shape.map((d, i) => (i === axis ? size * step : d)),
  );
  const begin = x.shape.map(() => 0);
  return tf.slice(
    flat,
    begin,
    x.shape.map((d, i) => (i === axis ? (size - 1) * step + 1 : d)),
  );
}

function grouped(call: Call, x: TfTensor, filter: TfTensor, window: Window, groups: number): TfTensor {
  const { tf } = call;
  if (groups === 1) return plain(call, x, filter, window);
  const channels = x.shape[x.rank - 1] as number;
  const made = filter.shape[filter.rank - 1] as number;
  const [a, b] = window.strides;
  if (groups === channels && filter.rank === 4 && a === b) {
    // … 1 M to … C M/C.
    const [height, width] = filter.shape as [number, number];
    const byChannel = tf.reshape(filter, [height, width, channels, made / channels]);
    return tf.depthwiseConv2d(x as never, byChannel as never, [a as number, b as number], 'valid');
  }
  const xs = tf.split(x, groups, x.rank - 1);
  const filters = tf.split(filter, groups, filter.rank - 1);
  const ys = xs.map((part, i) => plain(call, part, filters[i] as TfTensor, window));
  return tf.concat(ys, x.rank - 1);
}

/** x N … C, filter … C M, no padding. */
function plain(call: Call, x: TfTensor, filter: TfTensor, { strides }: Window): TfTensor {
  const { tf } = call;
  if (x.rank === 3) {
    const y = tf.conv2d(
      tf.expandDims(x, 1) as never,
      tf.expandDims(filter, 0) as never,
      [1, strides[0] as number],
      'valid',
    );
    return tf.squeeze(y, [1]);
  }
  if (x.rank === 4) return tf.conv2d(x as never, filter as never, [...strides] as [number, number], 'valid');
  if (x.rank === 5) return tf.conv3d(x as never, filter as never, [...strides] as [number, number, number], 'valid');
  throw cannot(call, `in ${x.rank - 2} dimensions`, 'Use one, two or three.');
}

const convTranspose: Kernel = (call) => {
  const { tf, attributes } = call;
  const [x, w] = [given(call, 0), given(call, 1)];
  const groups = intAttribute(attributes, 'group', 1);
  if (x.rank > 4) throw cannot(call, 'in 3 dimensions', 'Use one or two.');
  const sizes = x.shape.slice(2);
  const window = windowOf(call, sizes, w.shape.slice(2));
  const crop = croppedBy(call, sizes, window);
  // C M/G … to … M/G C.
  const last = tf.transpose(w, [...range(w.rank - 2).map((i) => i + 2), 1, 0]);
  const filter = window.dilations.reduce((f, d, axis) => (d === 1 ? f : spread(tf, f, axis, d)), last);
  const input = channelsLast(call, x);
  const xs = groups === 1 ? [input] : tf.split(input, groups, input.rank - 1);
  const filters = groups === 1 ? [filter] : tf.split(filter, groups, filter.rank - 1);
  const ys = xs.map((part, i) => whole(tf, part, filters[i] as TfTensor, window.strides));
  const y = cropped(tf, ys.length === 1 ? (ys[0] as TfTensor) : tf.concat(ys, input.rank - 1), crop);
  return channelsFirst(call, biased(tf, y, call.inputs[2]));
};

/** Every place that a window reaches: (size − 1) · stride + kernel. */
function whole(tf: Tf, x: TfTensor, filter: TfTensor, strides: readonly number[]): TfTensor {
  const flat = x.rank === 3;
  const image = flat ? tf.expandDims(x, 1) : x;
  const kernel = flat ? tf.expandDims(filter, 0) : filter;
  const steps = widen(strides, 1);
  const [n, h, w] = image.shape as [number, number, number];
  const size = [h, w].map((d, i) => (d - 1) * (steps[i] as number) + (kernel.shape[i] as number));
  const shape: [number, number, number, number] = [n, size[0] as number, size[1] as number, kernel.shape[2] as number];
  const y = tf.conv2dTranspose(image as never, kernel as never, shape, steps as [number, number], 'valid');
  return flat ? tf.squeeze(y, [1]) : y;
}

/** What is cut off at either end of each axis; negative: zeros added (output_padding). */
function croppedBy({ attributes }: Call, sizes: readonly number[], window: Window): { begin: number[]; end: number[] } {
  const { kernel, strides, dilations } = window;
  const extra = intsAttribute(
    attributes,
    'output_padding',
    sizes.map(() => 0),
  );
  const said = intsAttribute(attributes, 'output_shape', undefined);
  const auto = attributes['auto_pad'];
  const same = auto?.kind === 'string' && auto.value.startsWith('SAME');
  const full = sizes.map(
    (d, i) => (d - 1) * (strides[i] as number) + ((kernel[i] as number) - 1) * (dilations[i] as number) + 1,
  );
  if (said === undefined && !same) {
    return { begin: [...window.before], end: window.after.map((n, i) => n - (extra[i] as number)) };
  }
  const wants = said?.slice(-sizes.length) ?? sizes.map((d, i) => d * (strides[i] as number));
  const total = full.map((d, i) => d + (extra[i] as number) - (wants[i] as number));
  const upper = auto?.kind === 'string' && auto.value === 'SAME_UPPER';
  const begin = total.map((t) => Math.max(0, upper ? Math.floor(t / 2) : t - Math.floor(t / 2)));
  return { begin, end: full.map((d, i) => d - (begin[i] as number) - (wants[i] as number)) };
}

function cropped(tf: Tf, y: TfTensor, { begin, end }: { begin: number[]; end: number[] }): TfTensor {
  const added = end.map((n) => Math.max(0, -n));
  const kept = tf.slice(
    y,
    [0, ...begin, 0],
    [y.shape[0] as number, ...begin.map((n, i) => (y.shape[i + 1] as number) - n - Math.max(0, end[i] as number)), -1],
  );
  if (added.every((n) => n === 0)) return kept;
  return tf.pad(kept, [[0, 0], ...added.map((n): [number, number] => [0, n]), [0, 0]]);
}

export const convolutions: Kernels = { Conv: conv, ConvTranspose: convTranspose };
