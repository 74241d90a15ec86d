import { lenet } from '../twins/lenet.ts';
import { type Mutant, withGradient } from './_mutant.ts';

/** The weight gradient is divided by the batch size once more, after the loss has done so. */
export const batchFactor: Mutant = {
  id: 'batch-factor',
  cause: 'gradient.batch-factor',
  net: 'lenet',
  tensor: 'net.fc1.weight',
  direction: 'backward',
  make: () =>
    withGradient(lenet.make(), 'fc1', 'fc1.weight', (dweight, { input }) => dweight.map((d) => d / input.shape[0]!)),
};
