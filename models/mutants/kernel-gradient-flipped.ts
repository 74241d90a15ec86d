import { turned } from './_kernels.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** Each kernel of a weight gradient is turned by half a circle. */
export const kernelGradientFlipped: readonly Mutant[] = inLayers(
  { id: 'kernel-gradient-flipped', cause: 'gradient.kernel-flipped', wrong: 'weight' },
  CONVOLUTION,
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (data, { parameters }) =>
      turned({ data, shape: parameters[`${layer}.weight`]!.shape }),
    ),
);
