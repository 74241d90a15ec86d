import { exchanged } from './_kernels.ts';
import { LINEAR } from './_layers.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** A weight [O, I] that lies in memory by rows is read by columns. */
export const weightByColumns: readonly Mutant[] = inLayers(
  { id: 'weight-by-columns', cause: 'parameter.layout', wrong: 'output' },
  LINEAR,
  (network, layer) => withMisread(network, layer, 'weight', exchanged),
);
