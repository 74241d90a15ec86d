import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The sum over all pixels, not their mean. */
export const pixelLossSummed: readonly Mutant[] = inLayers(
  { id: 'pixel-loss-summed', cause: 'loss.reduction', wrong: 'output' },
  { unet: 'loss', autoencoder: 'loss' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      out[0]! *= input.data.length;
    }),
);
