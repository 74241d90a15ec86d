import { add, addBackward } from '../../layers/add.ts';
import { flatten, flattenBackward } from '../../layers/flatten.ts';
import { get, type Layer, zeros } from '../layer.ts';

/** The sum of two tensors: where a skip connection ends. */
export function addition(name: string, left: string, right: string): Layer {
  return {
    name,
    inputs: [left, right],
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

/** [B, C, H, W] → [B, C·H·W] */
export function flattening(name: string): Layer {
  return {
    name,
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
