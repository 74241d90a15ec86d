import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Each pixel is written one column to the right; the first column stays empty. */
export const oneColumnLate: readonly Mutant[] = inLayers(
  { id: 'one-column-late', cause: 'index.shifted', wrong: 'output' },
  CONVOLUTION,
  (network, layer) =>
    withOutput(network, layer, (out, _, [, , , W]) => {
      for (let at = out.length - 1; at >= 0; at--) out[at] = at % W! === 0 ? 0 : out[at - 1]!;
    }),
);
