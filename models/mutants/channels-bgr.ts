import { channelsFrom } from './_images.ts';
import { inLayers, type Mutant, withInput } from './_mutant.ts';

/** Red and blue are exchanged. */
export const channelsBgr: readonly Mutant[] = inLayers(
  { id: 'channels-bgr', cause: 'input.channel-order', wrong: 'output' },
  { mobilenet: 'stem' },
  (network, layer) => withInput(network, layer, (x) => channelsFrom(x, (c, C) => C - 1 - c)),
);
