import { turned } from './_kernels.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withMisreadBack } from './_mutant.ts';

/** The gradient of a convolution's input is gathered with the kernel as on the way there. */
export const kernelNotFlippedBack: readonly Mutant[] = inLayers(
  { id: 'kernel-not-flipped-back', cause: 'gradient.kernel-not-flipped', wrong: 'input' },
  CONVOLUTION,
  (network, layer) => withMisreadBack(network, layer, turned),
);
