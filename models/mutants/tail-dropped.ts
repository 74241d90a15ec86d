import { LINEAR } from './_layers.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** The inner sum goes in steps of five and leaves out the terms that remain. */
export const tailDropped: readonly Mutant[] = inLayers(
  { id: 'tail-dropped', cause: 'linear.tail-dropped', wrong: 'output' },
  LINEAR,
  (network, layer) =>
    withMisread(network, layer, 'weight', ({ data, shape }) => {
      const I = shape[1]!;
      return data.map((w, at) => (at % I < I - (I % 5) ? w : 0));
    }),
);
