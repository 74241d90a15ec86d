import { channelsFrom } from './_images.ts';
import { inLayers, type Mutant, withInput } from './_mutant.ts';

/** Each group of a convolution reads the channels of the next. */
export const groupReadsNext: readonly Mutant[] = inLayers(
  { id: 'group-reads-next', cause: 'conv.groups', wrong: 'output' },
  { mobilenet: 'b2.mix', autoencoder: 'd1.up' },
  (network, layer) => withInput(network, layer, (x) => channelsFrom(x, (c, C) => (c + C / 2) % C)),
);
