import { turned } from './_kernels.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** A transposed convolution that gathers with the kernel as it lies, without turning it: a plain convolution over a spread image. */
export const transposedKernelFlipped: readonly Mutant[] = inLayers(
  { id: 'transposed-kernel-flipped', cause: 'conv.kernel-flipped', wrong: 'output' },
  { autoencoder: 'd1.up' },
  (network, layer) => withMisread(network, layer, 'weight', turned),
);
