import { mlp } from '../twins/mlp.ts';
import { type Mutant, withLayer } from './_mutant.ts';

/** The gradient of cross-entropy is the probabilities, without subtracting the target. */
export const targetNotSubtracted: Mutant = {
  id: 'target-not-subtracted',
  cause: 'gradient.target-missing',
  net: 'mlp',
  tensor: 'output',
  direction: 'backward',
  make: () =>
    withLayer(mlp.make(), 'loss', () => ({
      backward({ input, saved, gradient }) {
        const B = input.shape[0]!;
        return { inputs: [saved['probabilities']!.map((p) => (gradient[0]! * p) / B), null] };
      },
    })),
};
