import { turned } from './_kernels.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** Each kernel of a transposed convolution's weight gradient is turned by half a circle. */
export const transposedGradientFlipped: readonly Mutant[] = inLayers(
  { id: 'transposed-gradient-flipped', cause: 'gradient.kernel-flipped', wrong: 'weight' },
  { autoencoder: 'd1.up' },
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (data, { parameters }) =>
      turned({ data, shape: parameters[`${layer}.weight`]!.shape }),
    ),
);
