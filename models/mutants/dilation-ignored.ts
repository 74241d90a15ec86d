import { convOf, withConvolution } from './_convolution.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The kernel's taps lie side by side, where they should leave gaps. */
export const dilationIgnored: readonly Mutant[] = inLayers(
  { id: 'dilation-ignored', cause: 'conv.dilation', wrong: 'output' },
  { unet: 'mid.conv', mobilenet: 'b1.dw' },
  (network, layer) => withConvolution(network, layer, { ...convOf(network, layer), dilation: 1, padding: 1 }),
);
