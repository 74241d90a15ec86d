import { turned } from './_kernels.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** A true convolution: the kernel is turned by half a circle. */
export const kernelFlipped: readonly Mutant[] = inLayers(
  { id: 'kernel-flipped', cause: 'conv.kernel-flipped', wrong: 'output' },
  CONVOLUTION,
  (network, layer) => withMisread(network, layer, 'weight', turned),
);
