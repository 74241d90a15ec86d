import { convOf, withConvolution } from './_convolution.ts';
import { HALVING } from './_layers.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The kernel moves by one pixel, not by two; what does not fit is cut off. */
export const strideIgnored: readonly Mutant[] = inLayers(
  { id: 'stride-ignored', cause: 'conv.stride', wrong: 'output' },
  HALVING,
  (network, layer) => withConvolution(network, layer, { ...convOf(network, layer), stride: 1 }),
);
