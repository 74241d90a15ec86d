import { ADDITION } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** A block forgets its skip connection on the way there. */
export const skipMissing: readonly Mutant[] = inLayers(
  { id: 'skip-missing', cause: 'residual.missing', wrong: 'output' },
  ADDITION,
  (network, layer) => withOutput(network, layer, (out, { input }) => out.set(input.data)),
);
