import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The loop over channels stops one short: the last is left as it was allocated. */
export const lastChannelNotWritten: readonly Mutant[] = inLayers(
  { id: 'last-channel-not-written', cause: 'region.partial', wrong: 'output' },
  CONVOLUTION,
  (network, layer) =>
    withOutput(network, layer, (out, _, [, C, H, W]) => {
      const plane = H! * W!;
      for (let at = 0; at < out.length; at++) if (Math.floor(at / plane) % C! === C! - 1) out[at] = 0;
    }),
);
