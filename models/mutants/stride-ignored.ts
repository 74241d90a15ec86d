import { SAME } from '../nets/blocks/convolution.ts';
import { withConvolution } from './_convolution.ts';
import { HALVING } from './_layers.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The kernel moves by one pixel, not by two; what does not fit is cut off. */
export const strideIgnored: readonly Mutant[] = inLayers(
  { id: 'stride-ignored', cause: 'conv.stride', wrong: 'output' },
  HALVING,
  (network, layer) => withConvolution(network, layer, SAME),
);
