import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { GELU } from './_sequence.ts';

/** The approximation of GELU by a sigmoid. */
export const geluBySigmoid: readonly Mutant[] = inLayers(
  { id: 'gelu-by-sigmoid', cause: 'activation.wrong-function', wrong: 'output' },
  GELU,
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => out.set(input.data.map((v) => v / (1 + Math.exp(-1.702 * v))))),
);
