import { matrix } from '../nets/layer.ts';
import { mlp } from '../twins/mlp.ts';
import { type Mutant, withGradient } from './_mutant.ts';

/** The weight gradient is written, not added, for each example of the batch: the last one stays. */
export const lastExampleOnly: Mutant = {
  id: 'last-example-only',
  cause: 'gradient.last-example-only',
  net: 'mlp',
  tensor: 'net.fc2.weight',
  direction: 'backward',
  make: () =>
    withGradient(mlp.make(), 'fc2', 'fc2.weight', (dweight, { input, gradient }) => {
      const [B, I] = matrix(input);
      const [O, last] = [dweight.length / I, B - 1];
      return dweight.map((_, at) => gradient[last * O + Math.floor(at / I)]! * input.data[last * I + (at % I)]!);
    }),
};
