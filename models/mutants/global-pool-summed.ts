import { image } from '../nets/layer.ts';
import { GLOBAL_POOL } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The sum of each channel, not the mean. */
export const globalPoolSummed: readonly Mutant[] = inLayers(
  { id: 'global-pool-summed', cause: 'scale.constant', wrong: 'output' },
  GLOBAL_POOL,
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      const [, , H, W] = image(input);
      for (let i = 0; i < out.length; i++) out[i]! *= H * W;
    }),
);
