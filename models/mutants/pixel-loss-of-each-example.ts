import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The sum over the pixels of each example, averaged over the batch alone. */
export const pixelLossOfEachExample: readonly Mutant[] = inLayers(
  { id: 'pixel-loss-of-each-example', cause: 'loss.reduction', wrong: 'output' },
  { unet: 'loss', autoencoder: 'loss' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      out[0]! *= input.data.length / input.shape[0]!;
    }),
);
