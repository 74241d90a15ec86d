import { avgpool } from '../layers/pool.ts';
import { HALVES } from '../nets/blocks/pooling.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The mean of each window where the maximum belongs. */
export const poolKind: readonly Mutant[] = inLayers(
  { id: 'pool-kind', cause: 'pool.kind', wrong: 'output' },
  { lenet: 'pool1', unet: 'd2.pool' },
  (network, layer) => withOutput(network, layer, (out, { input }) => avgpool(out, input.data, ...image(input), HALVES)),
);
