import { lenet } from '../twins/lenet.ts';
import { type Mutant, withLayer } from './_mutant.ts';

/** The gradient passes the second ReLU as if nothing had been cut off. */
export const reluMaskMissing: Mutant = {
  id: 'relu-mask-missing',
  cause: 'gradient.mask-missing',
  net: 'lenet',
  tensor: '/net/conv2/Conv_output_0',
  direction: 'backward',
  make: () => withLayer(lenet.make(), 'relu2', () => ({ backward: ({ gradient }) => ({ inputs: [gradient] }) })),
};
