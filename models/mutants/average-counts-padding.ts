import { avgpool, type Pool } from '../layers/pool.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** An average that counts its padding, where it should leave it out. */
export const averageCountsPadding: readonly Mutant[] = inLayers(
  { id: 'average-counts-padding', cause: 'pool.count-include-pad', wrong: 'output' },
  { autoencoder: 'e2.pool' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      const pool: Pool = { size: 3, stride: 2, padding: 1, countsPadding: true };
      avgpool(out, input.data, ...image(input), pool);
    }),
);
