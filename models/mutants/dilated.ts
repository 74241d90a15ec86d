import { SAME } from '../nets/blocks/convolution.ts';
import { withConvolution } from './_convolution.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The kernel is spread over two pixels a tap. */
export const dilated: readonly Mutant[] = inLayers(
  { id: 'dilated', cause: 'conv.dilation', wrong: 'output' },
  CONVOLUTION,
  (network, layer) => withConvolution(network, layer, { ...SAME, dilation: 2, padding: 2 }),
);
