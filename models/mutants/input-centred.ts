import { FIRST } from './_layers.ts';
import { inLayers, type Mutant, withInput } from './_mutant.ts';

/** The first layer moves its input from [0, 1] to [-1, 1]. */
export const inputCentred: readonly Mutant[] = inLayers(
  { id: 'input-centred', cause: 'input.scale', wrong: 'output' },
  FIRST,
  (network, layer) => withInput(network, layer, ({ data, shape }) => ({ data: data.map((x) => 2 * x - 1), shape })),
);
