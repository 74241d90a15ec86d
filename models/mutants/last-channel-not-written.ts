import { lenet } from '../twins/lenet.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** The loop over channels stops one short: the last is left as it was allocated. */
export const lastChannelNotWritten: Mutant = {
  id: 'last-channel-not-written',
  cause: 'region.partial',
  net: 'lenet',
  tensor: '/net/conv1/Conv_output_0',
  direction: 'forward',
  make: () =>
    withOutput(lenet.make(), 'conv1', (out) => {
      for (let b = 0; b < 8; b++) out.fill(0, (b * 8 + 7) * 64, (b * 8 + 8) * 64);
    }),
};
