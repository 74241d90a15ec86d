import { channelsFrom } from './_images.ts';
import { inLayers, type Mutant, withInput } from './_mutant.ts';

/** A depthwise convolution reads the first channel for all of its groups. */
export const depthwiseFirstChannel: readonly Mutant[] = inLayers(
  { id: 'depthwise-first-channel', cause: 'conv.groups', wrong: 'output' },
  { mobilenet: 'b1.dw' },
  (network, layer) => withInput(network, layer, (x) => channelsFrom(x, () => 0)),
);
