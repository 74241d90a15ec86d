import { ANY } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The loop over the batch is missing: only the first example is computed. */
export const firstExampleOnly: readonly Mutant[] = inLayers(
  { id: 'first-example-only', cause: 'region.partial', wrong: 'output' },
  ANY,
  (network, layer) => withOutput(network, layer, (out, _, [B]) => out.fill(0, out.length / B!)),
);
