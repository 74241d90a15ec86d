import { mlp } from '../twins/mlp.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** The inner sum goes in steps of three and leaves out the last of 64 terms. */
export const tailDropped: Mutant = {
  id: 'tail-dropped',
  cause: 'linear.tail-dropped',
  net: 'mlp',
  tensor: '/net/fc1/Gemm_output_0',
  direction: 'forward',
  make: () =>
    withOutput(mlp.make(), 'fc1', (out, { input, parameters }) => {
      const weight = parameters['fc1.weight']!.data;
      for (let b = 0; b < input.shape[0]!; b++) {
        for (let o = 0; o < 48; o++) out[b * 48 + o]! -= input.data[b * 64 + 63]! * weight[o * 64 + 63]!;
      }
    }),
};
