import { add, addBackward } from '../../layers/add.ts';
import { concat, concatBackward } from '../../layers/concat.ts';
import { flatten, flattenBackward } from '../../layers/flatten.ts';
import { scaleChannels, scaleChannelsBackward } from '../../layers/scale-channels.ts';
import { get, image, type Layer, zeros } from '../layer.ts';

/** The sum of two tensors: where a skip connection ends. */
export function addition(name: string, left: string, right: string): Layer {
  return {
    name,
    inputs: [left, right],
    op: { type: 'Add' },
    forward({ inputs }) {
      const [a, b] = [get(inputs, left), get(inputs, right)];
      const out = zeros(a);
      add(out, a.data, b.data, out.length);
      return { data: out, shape: a.shape };
    },
    backward({ input, gradient }) {
      const [da, db] = [zeros(input), zeros(input)];
      addBackward(da, db, gradient, gradient.length);
      return { inputs: [da, db] };
    },
  };
}

/** The channels of one image after those of the other. */
export function concatenation(name: string, left: string, right: string): Layer {
  return {
    name,
    inputs: [left, right],
    op: { type: 'Concat', attributes: { axis: 1 } },
    forward({ inputs }) {
      const [a, b] = [get(inputs, left), get(inputs, right)];
      const [[B, M, H, W], [, N]] = [image(a), image(b)];
      const out = new Float32Array(a.data.length + b.data.length);
      concat(out, a.data, b.data, B, M, N, H * W);
      return { data: out, shape: [B, M + N, H, W] };
    },
    backward({ inputs, gradient }) {
      const [a, b] = [get(inputs, left), get(inputs, right)];
      const [[B, M, H, W], [, N]] = [image(a), image(b)];
      const [da, db] = [zeros(a), zeros(b)];
      concatBackward(da, db, gradient, B, M, N, H * W);
      return { inputs: [da, db] };
    },
  };
}

/** An image whose channels are multiplied by one factor each: [B, C, H, W] by [B, C, 1, 1]. */
export function scaling(name: string, image_: string, scale: string): Layer {
  return {
    name,
    inputs: [image_, scale],
    op: { type: 'Mul' },
    forward({ input: x, inputs }) {
      const [B, C, H, W] = image(x);
      const out = zeros(x);
      scaleChannels(out, x.data, get(inputs, scale).data, B, C, H * W);
      return { data: out, shape: x.shape };
    },
    backward({ input: x, inputs, gradient }) {
      const [B, C, H, W] = image(x);
      const factors = get(inputs, scale);
      const [dx, dscale] = [zeros(x), zeros(factors)];
      scaleChannelsBackward(dx, dscale, gradient, x.data, factors.data, B, C, H * W);
      return { inputs: [dx, dscale] };
    },
  };
}

/** [B, C, H, W] → [B, C·H·W] */
export function flattening(name: string): Layer {
  return {
    name,
    op: { type: 'Flatten' },
    forward({ input: x }) {
      const out = zeros(x);
      flatten(out, x.data, out.length);
      const B = x.shape[0]!;
      return { data: out, shape: [B, out.length / B] };
    },
    backward({ input: x, gradient }) {
      const dx = zeros(x);
      flattenBackward(dx, gradient, dx.length);
      return { inputs: [dx] };
    },
  };
}
