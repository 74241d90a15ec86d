import { avgpool } from '../layers/pool.ts';
import { HALVES } from '../nets/blocks/pooling.ts';
import { image } from '../nets/layer.ts';
import { lenet } from '../twins/lenet.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** The first pool takes the mean of each window. */
export const poolKind: Mutant = {
  id: 'pool-kind',
  cause: 'pool.kind',
  net: 'lenet',
  tensor: '/net/pool/MaxPool_output_0',
  direction: 'forward',
  make: () => withOutput(lenet.make(), 'pool1', (out, { input }) => avgpool(out, input.data, ...image(input), HALVES)),
};
