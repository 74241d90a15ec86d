import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Rows are written from the last to the first. */
export const rowsReversed: readonly Mutant[] = inLayers(
  { id: 'rows-reversed', cause: 'index.reversed', wrong: 'output' },
  CONVOLUTION,
  (network, layer) =>
    withOutput(network, layer, (out, _, [, , H, W]) => {
      const right = out.slice();
      right.forEach((x, at) => {
        const [w, h, plane] = [at % W!, Math.floor(at / W!) % H!, Math.floor(at / (W! * H!))];
        out[(plane * H! + H! - 1 - h) * W! + w] = x;
      });
    }),
);
