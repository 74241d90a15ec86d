import { exchange, exchangeBackward } from '../../layers/transpose.ts';
import { type Layer, type Tensor, zeros } from '../layer.ts';
import { integers } from './embedding.ts';

/** Every position an example by itself: [.., size] → [N, size] */
export function flat(name: string, input: string, size: number): Layer {
  return {
    name,
    inputs: [input],
    op: { type: 'Reshape', inputs: [input, integers([2], [-1, size])] },
    forward: ({ input: x }) => ({ data: x.data.slice(), shape: [x.data.length / size, size] }),
    backward: ({ gradient }) => ({ inputs: [gradient.slice()] }),
  };
}

/** What both directions made of a position, beside each other: [T, 2, B, H] → [T, B, 2H] */
export function joined(name: string, input: string): Layer {
  const four = ({ shape }: Tensor) => shape as readonly [number, number, number, number];
  return {
    name,
    inputs: [input],
    op: [
      { type: 'Transpose', inputs: [input], attributes: { perm: [0, 2, 1, 3] }, outputs: ['beside'] },
      { type: 'Reshape', inputs: ['beside', integers([3], [0, 0, -1])] },
    ],
    forward({ input: x }) {
      const [[T, directions, B, H], out] = [four(x), zeros(x)];
      exchange(out, x.data, T, directions, B, H);
      return { data: out, shape: [T, B, directions * H] };
    },
    backward({ input: x, gradient }) {
      const [[T, directions, B, H], dx] = [four(x), zeros(x)];
      exchangeBackward(dx, gradient, T, directions, B, H);
      return { inputs: [dx] };
    },
  };
}

/** The product of two tensors of one shape. */
export function multiplication(name: string, left: string, right: string): Layer {
  return {
    name,
    inputs: [left, right],
    op: { type: 'Mul' },
    forward: ({ input: a, inputs }) => ({ data: a.data.map((v, i) => v * inputs[right]!.data[i]!), shape: a.shape }),
    backward: ({ input: a, inputs, gradient }) => ({
      inputs: [gradient.map((d, i) => d * inputs[right]!.data[i]!), gradient.map((d, i) => d * a.data[i]!)],
    }),
  };
}
