import { asChannelsLast } from './_kernels.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** A kernel that lies in memory as [O, C, K, L] is read as [K, L, C, O], as TensorFlow has it. */
export const kernelChannelsLast: readonly Mutant[] = inLayers(
  { id: 'kernel-channels-last', cause: 'parameter.layout', wrong: 'output' },
  CONVOLUTION,
  (network, layer) => withMisread(network, layer, 'weight', asChannelsLast),
);
