import { ANY } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The last example is never written, and the memory held what is not a number. */
export const uninitialisedRow: readonly Mutant[] = inLayers(
  { id: 'uninitialised-row', cause: 'value.nan', wrong: 'output' },
  ANY,
  (network, layer) => withOutput(network, layer, (out, _, [B]) => out.fill(Number.NaN, out.length - out.length / B!)),
);
