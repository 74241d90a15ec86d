import { intAttribute, intsAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { type Call, cannot, given, type Kernel, type Kernels, range } from './_kernel.ts';
import { channelsFirst, channelsLast, padSpatial, widen, type Window, windowOf } from './_spatial.ts';

const maxPool: Kernel = (call) => {
  const { window, padded } = framed(call, Number.NEGATIVE_INFINITY);
  return channelsFirst(call, pooled(call, padded, window, 'max'));
};

const averagePool: Kernel = (call) => {
  const { tf } = call;
  const { window, padded, x } = framed(call, 0);
  const mean = pooled(call, padded, window, 'avg');
  if ([...window.before, ...window.after].every((n) => n === 0)) return channelsFirst(call, mean);
  // What counts: the places of the input, or those of the padding as well; never what ceil_mode adds.
  const all = intAttribute(call.attributes, 'count_include_pad', 0) !== 0;
  const { ceil_mode: _, ...attributes } = call.attributes;
  const plain = { ...call, attributes };
  const sizes = given(call, 0).shape.slice(2);
  const counted = all
    ? padSpatial(call, tf.onesLike(x), { ...window, after: windowOf(plain, sizes, window.kernel).after }, 1)
    : tf.onesLike(x);
  const short = padded.shape.map((d, i): [number, number] =>
    all ? [0, d - (counted.shape[i] as number)] : [window.before[i - 1] ?? 0, window.after[i - 1] ?? 0],
  );
  const share = pooled(call, tf.pad(counted, short), window, 'avg');
  return channelsFirst(call, tf.div(mean, share));
};

function framed(call: Call, value: number): { window: Window; padded: TfTensor; x: TfTensor } {
  const input = given(call, 0);
  const kernel = intsAttribute(call.attributes, 'kernel_shape', []);
  const window = windowOf(call, input.shape.slice(2), kernel);
  if (window.dilations.some((d) => d !== 1)) throw cannot(call, 'with dilations', 'Use dilations of 1.');
  const x = channelsLast(call, input);
  return { window, padded: padSpatial(call, x, window, value), x };
}

/** N … C, no padding. */
function pooled(call: Call, x: TfTensor, { kernel, strides }: Window, which: 'max' | 'avg'): TfTensor {
  const { tf } = call;
  if (x.rank === 5) {
    const [size, steps] = [kernel, strides].map((v) => [...v]) as [never, never];
    return which === 'max'
      ? tf.maxPool3d(x as never, size, steps, 'valid')
      : tf.avgPool3d(x as never, size, steps, 'valid');
  }
  if (x.rank > 5) throw cannot(call, `in ${x.rank - 2} dimensions`, 'Use one, two or three.');
  const image = (x.rank === 3 ? tf.expandDims(x, 1) : x) as never;
  const [size, steps] = [widen(kernel, 1), widen(strides, 1)] as [[number, number], [number, number]];
  const y = which === 'max' ? tf.maxPool(image, size, steps, 'valid') : tf.avgPool(image, size, steps, 'valid');
  return x.rank === 3 ? tf.squeeze(y, [1]) : y;
}

const places = (x: TfTensor): number[] => range(x.rank - 2).map((i) => i + 2);

export const pools: Kernels = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (call) => call.tf.mean(given(call, 0), places(given(call, 0)), true),
  GlobalMaxPool: (call) => call.tf.max(given(call, 0), places(given(call, 0)), true),
};
