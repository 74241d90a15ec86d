import { avgpool, type Pool } from '../layers/pool.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** An average that leaves its padding out, where it should count it. */
export const averageLeavesPaddingOut: readonly Mutant[] = inLayers(
  { id: 'average-leaves-padding-out', cause: 'pool.count-include-pad', wrong: 'output' },
  { autoencoder: 'e1.pool' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      const pool: Pool = { size: 3, stride: 1, padding: 1 };
      avgpool(out, input.data, ...image(input), pool);
    }),
);
