import { FIRST } from './_layers.ts';
import { inLayers, type Mutant, withInput } from './_mutant.ts';

/** Pixels go from 0 to 255 in the first layer, not from 0 to 1. */
export const inputNotScaled: readonly Mutant[] = inLayers(
  { id: 'input-not-scaled', cause: 'input.scale', wrong: 'output' },
  FIRST,
  (network, layer) => withInput(network, layer, ({ data, shape }) => ({ data: data.map((x) => 255 * x), shape })),
);
