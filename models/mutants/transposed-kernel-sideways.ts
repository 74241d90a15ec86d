import { sideways } from './_kernels.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** Rows and columns of a transposed convolution's kernel are exchanged. */
export const transposedKernelSideways: readonly Mutant[] = inLayers(
  { id: 'transposed-kernel-sideways', cause: 'conv.kernel-transposed', wrong: 'output' },
  { autoencoder: 'd1.up' },
  (network, layer) => withMisread(network, layer, 'weight', sideways),
);
