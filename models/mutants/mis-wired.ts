import { resnet } from '../twins/resnet.ts';
import { type Mutant, withLayer } from './_mutant.ts';

/** The second skip connection begins at the stem, which has the same shape as the first block that it should begin at. */
export const misWired: Mutant = {
  id: 'mis-wired',
  cause: 'wiring.wrong-source',
  net: 'resnet',
  tensor: '/net/b2/short/Conv_output_0',
  direction: 'forward',
  make: () => withLayer(resnet.make(), 'b2.short', () => ({ inputs: ['stem'] })),
};
