import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The derivative of a squared difference without its 2: that of half of it. */
export const squaredErrorNotDoubledBack: readonly Mutant[] = inLayers(
  { id: 'squared-error-not-doubled-back', cause: 'loss.half-factor', wrong: 'input' },
  { autoencoder: 'loss' },
  (network, layer) => withInputGradient(network, layer, (right) => right.map((d) => d / 2)),
);
