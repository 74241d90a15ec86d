import { RELU } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The activation is forgotten. */
export const reluMissing: readonly Mutant[] = inLayers(
  { id: 'relu-missing', cause: 'activation.wrong-function', wrong: 'output' },
  RELU,
  (network, layer) => withOutput(network, layer, (out, { input }) => out.set(input.data)),
);
