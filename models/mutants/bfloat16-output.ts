import { mlp } from '../twins/mlp.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** A layer keeps its output in bfloat16. */
export const bfloat16Output: Mutant = {
  id: 'bfloat16-output',
  cause: 'precision.reduced',
  net: 'mlp',
  tensor: '/net/fc2/Gemm_output_0',
  direction: 'forward',
  make: () =>
    withOutput(mlp.make(), 'fc2', (out) => {
      const bits = new Uint32Array(out.buffer);
      for (let i = 0; i < bits.length; i++) {
        // To nearest, ties to even, in the upper half of the word.
        bits[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) & 0xffff0000;
      }
    }),
};
