import { exchanged } from './_kernels.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** A transposed convolution's kernel that lies as [inputs, outputs, …] is read as a convolution's, [outputs, inputs, …]. */
export const transposedKernelByOutputs: readonly Mutant[] = inLayers(
  { id: 'transposed-kernel-by-outputs', cause: 'parameter.layout', wrong: 'output' },
  { autoencoder: 'd2.up' },
  (network, layer) => withMisread(network, layer, 'weight', exchanged),
);
