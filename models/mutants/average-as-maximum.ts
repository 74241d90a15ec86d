import { maxpool } from '../layers/pool.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The maximum of each window, where its average is meant. */
export const averageAsMaximum: readonly Mutant[] = inLayers(
  { id: 'average-as-maximum', cause: 'pool.kind', wrong: 'output' },
  { autoencoder: 'e2.pool' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) =>
      maxpool(out, out.slice(), input.data, ...image(input), { size: 3, stride: 2, padding: 1 }),
    ),
);
