import { intAttribute, intsAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { type Call, cannot, front, given, type Kernel, type Kernels, numbers, range } from './_kernel.ts';
import { along } from './select.ts';

/** Axis by axis: nearest picks, linear mixes two neighbours. */
const resize: Kernel = (call) => {
  const { attributes } = call;
  const mode = stringAttribute(attributes, 'mode', 'nearest');
  if (mode === 'cubic') throw cannot(call, 'of cubic mode', 'Use nearest or linear.');
  let x = given(call, 0);
  const old = call.node.op === 'Upsample';
  refuse(call);
  const scales = perAxis(call, x.rank, numbers(call, old ? 1 : 2));
  const sizes = perAxis(call, x.rank, old ? null : numbers(call, 3));
  for (const [axis, size] of x.shape.entries()) {
    const scale = scales?.[axis] ?? (sizes?.[axis] ?? size) / size;
    const out = sizes?.[axis] ?? Math.floor(size * scale);
    if (out === size && scale === 1) continue;
    const places = Array.from({ length: out }, (_, i) => origin(call, i, size, out, scale, old));
    x =
      mode === 'nearest'
        ? along(
            call,
            x,
            axis,
            places.map((p) => nearest(call, p, size, old)),
          )
        : mixed(call, x, axis, places);
  }
  return x;
};

/** One number an axis, undefined for those that are not named; null where none is given. */
function perAxis(call: Call, rank: number, values: readonly number[] | null): readonly (number | undefined)[] | null {
  if (values === null || values.length === 0) return null;
  const named = intsAttribute(call.attributes, 'axes', range(rank)).map((axis) => front(axis, rank));
  return range(rank).map((axis) => values[named.indexOf(axis)]);
}

function refuse(call: Call): void {
  const { attributes } = call;
  if (intAttribute(attributes, 'antialias', 0) !== 0) throw cannot(call, 'with antialias', 'Use it without.');
  const policy = stringAttribute(attributes, 'keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') throw cannot(call, `that is ${policy}`, 'Give the sizes themselves.');
}

/** Where an element of the output lies in the input. */
function origin(call: Call, i: number, size: number, out: number, scale: number, old: boolean): number {
  const mode = old ? 'asymmetric' : stringAttribute(call.attributes, 'coordinate_transformation_mode', 'half_pixel');
  if (mode === 'asymmetric') return i / scale;
  if (mode === 'align_corners') return out === 1 ? 0 : (i * (size - 1)) / (out - 1);
  if (mode === 'half_pixel' || (mode === 'pytorch_half_pixel' && out > 1)) return (i + 0.5) / scale - 0.5;
  if (mode === 'pytorch_half_pixel') return 0;
  throw cannot(call, `with coordinates ${mode}`, 'Use half_pixel, pytorch_half_pixel, asymmetric or align_corners.');
}

function nearest(call: Call, place: number, size: number, old: boolean): number {
  const mode = old ? 'floor' : stringAttribute(call.attributes, 'nearest_mode', 'round_prefer_floor');
  const rounded: Record<string, number> = {
    floor: Math.floor(place),
    ceil: Math.ceil(place),
    round_prefer_floor: Math.ceil(place - 0.5),
    round_prefer_ceil: Math.floor(place + 0.5),
  };
  return Math.min(size - 1, Math.max(0, rounded[mode] as number));
}

function mixed(call: Call, x: TfTensor, axis: number, places: readonly number[]): TfTensor {
  const { tf } = call;
  const last = (x.shape[axis] as number) - 1;
  const held = places.map((p) => Math.min(last, Math.max(0, p)));
  const low = held.map((p) => Math.floor(p));
  const high = low.map((p) => Math.min(last, p + 1));
  const shape = x.shape.map((_, i) => (i === axis ? places.length : 1));
  const weight = tf.tensor(
    held.map((p, i) => p - (low[i] as number)),
    shape,
    'float32',
  );
  const lower = tf.mul(along(call, x, axis, low), tf.sub(1, weight));
  return tf.add(lower, tf.mul(along(call, x, axis, high), weight));
}

export const resizes: Kernels = { Resize: resize, Upsample: resize };
