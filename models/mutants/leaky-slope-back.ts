import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The right slope on the way there, 0.01 on the way back. */
export const leakySlopeBack: readonly Mutant[] = inLayers(
  { id: 'leaky-slope-back', cause: 'gradient.derivative-wrong', wrong: 'input' },
  { unet: 'd1.act', autoencoder: 'd1.act' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { input, gradient }) =>
      gradient.map((d, i) => (input.data[i]! > 0 ? d : 0.01 * d)),
    ),
);
