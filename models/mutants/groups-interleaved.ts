import { channelsFrom } from './_images.ts';
import { inLayers, type Mutant, withInput } from './_mutant.ts';

/** A convolution in two groups takes every second channel for a group, not every half of them. */
export const groupsInterleaved: readonly Mutant[] = inLayers(
  { id: 'groups-interleaved', cause: 'conv.groups', wrong: 'output' },
  { mobilenet: 'b2.mix', autoencoder: 'd1.up' },
  (network, layer) =>
    withInput(network, layer, (x) => channelsFrom(x, (c, C) => (c < C / 2 ? 2 * c : 2 * (c - C / 2) + 1))),
);
