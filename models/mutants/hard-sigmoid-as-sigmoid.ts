import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The smooth sigmoid for the hard one. */
export const hardSigmoidAsSigmoid: readonly Mutant[] = inLayers(
  { id: 'hard-sigmoid-as-sigmoid', cause: 'activation.wrong-function', wrong: 'output' },
  { mobilenet: 'b1.se.gate' },
  (network, layer) => withFunction(network, layer, (x) => 1 / (1 + Math.exp(-x))),
);
