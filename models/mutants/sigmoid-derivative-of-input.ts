import { mlp } from '../twins/mlp.ts';
import { type Mutant, withLayer } from './_mutant.ts';

/** The derivative out · (1 - out) is taken of the input: x · (1 - x). */
export const sigmoidDerivativeOfInput: Mutant = {
  id: 'sigmoid-derivative-of-input',
  cause: 'gradient.derivative-of-wrong-value',
  net: 'mlp',
  tensor: '/net/fc2/Gemm_output_0',
  direction: 'backward',
  make: () =>
    withLayer(mlp.make(), 'sigmoid', () => ({
      backward({ input: { data: x }, gradient }) {
        return { inputs: [gradient.map((d, i) => d * x[i]! * (1 - x[i]!))] };
      },
    })),
};
