import { exchanged } from './_kernels.ts';
import { SQUARE } from './_layers.ts';
import { inLayers, type Mutant, withMisreadBack } from './_mutant.ts';

/** What goes back to the input is made with the weight as on the way there: outputs and inputs are exchanged. */
export const weightNotTransposedBack: readonly Mutant[] = inLayers(
  { id: 'weight-not-transposed-back', cause: 'gradient.weight-not-transposed', wrong: 'input' },
  { mlp: 'fc2', lenet: 'fc1', ...SQUARE },
  (network, layer) => withMisreadBack(network, layer, exchanged),
);
