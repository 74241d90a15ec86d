import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient of a mean over all pixels is not divided by their number. */
export const pixelLossNotAveragedBack: readonly Mutant[] = inLayers(
  { id: 'pixel-loss-not-averaged-back', cause: 'loss.reduction', wrong: 'input' },
  { unet: 'loss', autoencoder: 'loss' },
  (network, layer) => withInputGradient(network, layer, (right) => right.map((d) => d * right.length)),
);
