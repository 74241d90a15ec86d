import { padReflect, padReflectBackward } from '../../layers/pad.ts';
import { resizeBilinear, resizeBilinearBackward, resizeNearest, resizeNearestBackward } from '../../layers/resize.ts';
import { type Constant, image, type Layer, zeros } from '../layer.ts';

const whole = (...values: readonly number[]): Constant => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

const WAYS = {
  linear: {
    loop: resizeBilinear,
    back: resizeBilinearBackward,
    attributes: { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
  },
  nearest: {
    loop: resizeNearest,
    back: resizeNearestBackward,
    attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  },
} as const;

/** To P rows and Q columns, bilinear (half_pixel) or by repetition. */
export function resizing(
  name: string,
  input: string,
  [P, Q]: readonly [number, number],
  way: keyof typeof WAYS,
): Layer {
  const { loop, back, attributes } = WAYS[way];
  return {
    name,
    inputs: [input],
    op: { type: 'Resize', inputs: [input, '', '', whole(P, Q)], attributes: { ...attributes, axes: [2, 3] } },
    forward({ input: x }) {
      const [B, C, H, W] = image(x);
      const out = new Float32Array(B * C * P * Q);
      loop(out, x.data, B, C, H, W, P, Q);
      return { data: out, shape: [B, C, P, Q] };
    },
    backward({ input: x, gradient }) {
      const dx = zeros(x);
      back(dx, gradient, ...image(x), P, Q);
      return { inputs: [dx] };
    },
  };
}

/** A mirrored border. */
export function reflecting(name: string, input: string, pad: number): Layer {
  return {
    name,
    inputs: [input],
    op: { type: 'Pad', inputs: [input, whole(0, 0, pad, pad, 0, 0, pad, pad)], attributes: { mode: 'reflect' } },
    forward({ input: x }) {
      const [B, C, H, W] = image(x);
      const shape = [B, C, H + 2 * pad, W + 2 * pad] as const;
      const out = new Float32Array(B * C * shape[2] * shape[3]);
      padReflect(out, x.data, pad, B, C, H, W);
      return { data: out, shape };
    },
    backward({ input: x, gradient }) {
      const dx = zeros(x);
      padReflectBackward(dx, gradient, pad, ...image(x));
      return { inputs: [dx] };
    },
  };
}
