import { lenet } from '../twins/lenet.ts';
import { type Mutant, withGradient } from './_mutant.ts';

/** The gradient of a bias is never written. */
export const biasGradientNotWritten: Mutant = {
  id: 'bias-gradient-not-written',
  cause: 'gradient.zero',
  net: 'lenet',
  tensor: 'net.fc2.bias',
  direction: 'backward',
  make: () => withGradient(lenet.make(), 'fc2', 'fc2.bias', (dbias) => dbias.map(() => 0)),
};
