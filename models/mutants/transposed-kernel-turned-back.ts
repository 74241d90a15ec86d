import { turned } from './_kernels.ts';
import { inLayers, type Mutant, withMisreadBack } from './_mutant.ts';

/** A transposed convolution's way back turns the kernel, as a convolution's does: here it must not. */
export const transposedKernelTurnedBack: readonly Mutant[] = inLayers(
  { id: 'transposed-kernel-turned-back', cause: 'gradient.kernel-not-flipped', wrong: 'input' },
  { autoencoder: 'd1.up' },
  (network, layer) => withMisreadBack(network, layer, turned),
);
