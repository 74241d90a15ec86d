import { inLayers, type Mutant, withLayer } from './_mutant.ts';

/** A skip connection begins at the stem, which has the same shape as the block that it should begin at. */
export const misWired: readonly Mutant[] = inLayers(
  { id: 'mis-wired', cause: 'wiring.wrong-source', wrong: 'output' },
  { resnet: 'b2.short', resnetTraining: 'b2.short' },
  (network, layer) => withLayer(network, layer, () => ({ inputs: ['stem'] })),
);
