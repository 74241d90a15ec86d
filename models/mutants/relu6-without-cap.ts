import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** A ReLU that is not cut off at 6. */
export const relu6WithoutCap: readonly Mutant[] = inLayers(
  { id: 'relu6-without-cap', cause: 'activation.constant', wrong: 'output' },
  { mobilenet: 'b1.relu6' },
  (network, layer) => withFunction(network, layer, (x) => Math.max(0, x)),
);
