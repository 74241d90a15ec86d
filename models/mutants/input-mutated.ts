import { lenet } from '../twins/lenet.ts';
import { type Mutant, withLayer } from './_mutant.ts';

/** The first ReLU works in place, on memory that is not its own; what it returns is right. */
export const inputMutated: Mutant = {
  id: 'input-mutated',
  cause: 'input.mutated',
  net: 'lenet',
  tensor: '/net/conv1/Conv_output_0',
  direction: 'forward',
  make: () =>
    withLayer(lenet.make(), 'relu1', () => ({
      forward({ input: x }) {
        for (let i = 0; i < x.data.length; i++) x.data[i] = Math.max(0, x.data[i]!);
        return { data: x.data.slice(), shape: x.shape };
      },
    })),
};
