import { channelsFrom } from './_images.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Two channels out for each one in, written as multiplier × channel, not as channel × multiplier. */
export const depthwiseMultiplierOrder: readonly Mutant[] = inLayers(
  { id: 'depthwise-multiplier-order', cause: 'conv.groups', wrong: 'output' },
  { mobilenet: 'b2.dw' },
  (network, layer) =>
    withOutput(network, layer, (out, _, shape) =>
      out.set(channelsFrom({ data: out.slice(), shape }, (c, C) => (c < C / 2 ? 2 * c : 2 * (c - C / 2) + 1)).data),
    ),
);
