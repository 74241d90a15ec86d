import { type Layer } from '../layer.ts';
import { integers } from './embedding.ts';
import { merge } from './heads.ts';

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
export const joined = merge;

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
