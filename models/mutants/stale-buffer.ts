import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The result is written elsewhere: the buffer still holds the layer before. */
export const staleBuffer: readonly Mutant[] = inLayers(
  { id: 'stale-buffer', cause: 'value.stale', wrong: 'output' },
  { resnet: 'b1.conv2', resnetTraining: 'b2.conv2' },
  (network, layer) => withOutput(network, layer, (out, { input }) => out.set(input.data)),
);
