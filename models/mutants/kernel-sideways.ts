import { sideways } from './_kernels.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** Rows and columns of the kernel are exchanged. */
export const kernelSideways: readonly Mutant[] = inLayers(
  { id: 'kernel-sideways', cause: 'conv.kernel-transposed', wrong: 'output' },
  CONVOLUTION,
  (network, layer) => withMisread(network, layer, 'weight', sideways),
);
