import { WEIGHTED } from './_layers.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** A layer keeps its weight in 8 bits, the largest as 127. */
export const int8Weight: readonly Mutant[] = inLayers(
  { id: 'int8-weight', cause: 'precision.reduced', wrong: 'output' },
  WEIGHTED,
  (network, layer) =>
    withMisread(network, layer, 'weight', ({ data }) => {
      const step = data.reduce((most, w) => Math.max(most, Math.abs(w)), 0) / 127;
      return data.map((w) => Math.round(w / step) * step);
    }),
);
