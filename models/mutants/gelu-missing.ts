import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { GELU } from './_sequence.ts';

/** There is no activation. */
export const geluMissing: readonly Mutant[] = inLayers(
  { id: 'gelu-missing', cause: 'activation.wrong-function', wrong: 'output' },
  GELU,
  (network, layer) => withOutput(network, layer, (out, { input }) => out.set(input.data)),
);
