import { mlp } from '../twins/mlp.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** Noise that was meant for training is on, and not seeded. */
export const nonDeterministic: Mutant = {
  id: 'non-deterministic',
  cause: 'nondeterministic',
  net: 'mlp',
  tensor: '/net/Tanh_output_0',
  direction: 'forward',
  make: () =>
    withOutput(mlp.make(), 'tanh', (out) => {
      for (let i = 0; i < out.length; i++) out[i]! += (Math.random() - 0.5) * 1e-2;
    }),
};
