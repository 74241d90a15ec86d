import { resnet } from '../twins/resnet.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** The first block forgets its skip connection on the way there. */
export const skipMissing: Mutant = {
  id: 'skip-missing',
  cause: 'residual.missing',
  net: 'resnet',
  tensor: '/net/b1/Add_output_0',
  direction: 'forward',
  make: () => withOutput(resnet.make(), 'b1.add', (out, { input }) => out.set(input.data)),
};
