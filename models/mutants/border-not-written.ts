import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The loop leaves out the border of the image. */
export const borderNotWritten: readonly Mutant[] = inLayers(
  { id: 'border-not-written', cause: 'region.partial', wrong: 'output' },
  CONVOLUTION,
  (network, layer) =>
    withOutput(network, layer, (out, _, [, , H, W]) => {
      for (let at = 0; at < out.length; at++) {
        const [w, h] = [at % W!, Math.floor(at / W!) % H!];
        if (w === 0 || h === 0 || w === W! - 1 || h === H! - 1) out[at] = 0;
      }
    }),
);
