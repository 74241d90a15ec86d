import { SAME } from '../nets/blocks/convolution.ts';
import { withConvolution } from './_convolution.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** All padding lies before the first row and column, none after the last. */
export const paddingOneSide: readonly Mutant[] = inLayers(
  { id: 'padding-one-side', cause: 'conv.padding', wrong: 'output' },
  CONVOLUTION,
  (network, layer) => withConvolution(network, layer, { ...SAME, padding: 2 }),
);
