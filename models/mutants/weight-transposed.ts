import { exchanged } from './_kernels.ts';
import { SQUARE } from './_layers.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** Output and input channels of a square weight are exchanged. */
export const weightTransposed: readonly Mutant[] = inLayers(
  { id: 'weight-transposed', cause: 'weight.transposed', wrong: 'output' },
  SQUARE,
  (network, layer) => withMisread(network, layer, 'weight', exchanged),
);
