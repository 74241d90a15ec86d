import { get, type Layer, type Tensor, zeros } from '../layer.ts';
import { number } from './row-norm.ts';

/** Dropout in evaluation: nothing. */
export function dropoutInEvaluation(name: string, input: string, rate: number): Layer {
  return {
    name,
    inputs: [input],
    op: { type: 'Dropout', inputs: [input, number(rate)] },
    forward: ({ input: x }) => ({ data: x.data.slice(), shape: x.shape }),
    backward: ({ gradient }) => ({ inputs: [gradient.slice()] }),
  };
}

/** Dropout in training, by a mask of 0 and 1 that the network is given: so that two that run it drop the same. */
export function dropoutInTraining(name: string, input: string, mask: string, rate: number): Layer {
  const masked = (x: Float32Array, like: Tensor, by: Tensor): Float32Array => {
    const out = zeros(like);
    for (let i = 0; i < out.length; i++) out[i] = (x[i]! * by.data[i]!) / (1 - rate);
    return out;
  };
  return {
    name,
    inputs: [input, mask],
    op: [
      { type: 'Mul', inputs: [input, mask], outputs: ['kept'] },
      { type: 'Mul', inputs: ['kept', number(1 / (1 - rate))] },
    ],
    forward: ({ input: x, inputs }) => ({ data: masked(x.data, x, get(inputs, mask)), shape: x.shape }),
    backward: ({ input: x, inputs, gradient }) => ({ inputs: [masked(gradient, x, get(inputs, mask)), null] }),
  };
}
