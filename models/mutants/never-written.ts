import { ANY } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The result is computed into memory that nobody reads. */
export const neverWritten: readonly Mutant[] = inLayers(
  { id: 'never-written', cause: 'value.zero', wrong: 'output' },
  ANY,
  (network, layer) => withOutput(network, layer, (out) => out.fill(0)),
);
