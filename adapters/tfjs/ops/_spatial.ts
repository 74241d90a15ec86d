import { intAttribute, intsAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { type Call, range } from './_kernel.ts';

/** A window's way over the spatial axes. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Kernel size, strides, dilations and pads of a node, auto_pad worked out. */
export function windowOf(call: Call, sizes: readonly number[], kernel: readonly number[]): Window {
  const { attributes } = call;
  const ones = sizes.map(() => 1);
  const strides = intsAttribute(attributes, 'strides', ones);
  const dilations = intsAttribute(attributes, 'dilations', ones);
  const auto = stringAttribute(attributes, 'auto_pad', 'NOTSET');
  const reach = kernel.map((k, i) => (k - 1) * (dilations[i] as number) + 1);
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const total = sizes.map((size, i) => {
      const stride = strides[i] as number;
      return Math.max(0, (Math.ceil(size / stride) - 1) * stride + (reach[i] as number) - size);
    });
    const less = total.map((t) => Math.floor(t / 2));
    const more = total.map((t) => Math.ceil(t / 2));
    const [before, after] = auto === 'SAME_UPPER' ? [less, more] : [more, less];
    return { kernel, strides, dilations, before, after };
  }
  const pads = auto === 'VALID' ? [] : intsAttribute(attributes, 'pads', []);
  const before = sizes.map((_, i) => pads[i] ?? 0);
  const after = sizes.map((_, i) => pads[i + sizes.length] ?? 0);
  return {
    kernel,
    strides,
    dilations,
    before,
    after: withCeil(call, sizes, { kernel: reach, strides, before, after }),
  };
}

/** ceil_mode adds what the last window reaches over, unless it would begin in the padding. */
function withCeil(
  { attributes }: Call,
  sizes: readonly number[],
  { kernel, strides, before, after }: Omit<Window, 'dilations'>,
): readonly number[] {
  if (intAttribute(attributes, 'ceil_mode', 0) === 0) return after;
  return sizes.map((size, i) => {
    const [k, s, lead, trail] = [kernel[i], strides[i], before[i], after[i]] as [number, number, number, number];
    let windows = Math.ceil((size + lead + trail - k) / s) + 1;
    if ((windows - 1) * s >= size + lead) windows--;
    return Math.max(trail, (windows - 1) * s + k - size - lead);
  });
}

/** N C … to N … C, as TensorFlow.js has it. */
export function channelsLast({ tf }: Pick<Call, 'tf'>, x: TfTensor): TfTensor {
  return x.rank < 3 ? x : tf.transpose(x, [0, ...range(x.rank - 2).map((i) => i + 2), 1]);
}

/** N … C to N C …. */
export function channelsFirst({ tf }: Pick<Call, 'tf'>, x: TfTensor): TfTensor {
  return x.rank < 3 ? x : tf.transpose(x, [0, x.rank - 1, ...range(x.rank - 2).map((i) => i + 1)]);
}

/** Pads the spatial axes of N … C. */
export function padSpatial({ tf }: Pick<Call, 'tf'>, x: TfTensor, { before, after }: Window, value = 0): TfTensor {
  if ([...before, ...after].every((n) => n === 0)) return x;
  const pads = before.map((n, i): [number, number] => [n, after[i] as number]);
  return tf.pad(x, [[0, 0], ...pads, [0, 0]], value);
}

/** One spatial axis as two of which the first is 1: TensorFlow.js has kernels for two and three. */
export const widen = <T>(values: readonly T[], one: T): T[] => (values.length === 1 ? [one, ...values] : [...values]);
