import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The sum begins with what the buffer held: the layer before. */
export const bufferNotCleared: readonly Mutant[] = inLayers(
  { id: 'buffer-not-cleared', cause: 'value.accumulated', wrong: 'output' },
  { resnet: 'b1.conv2', resnetTraining: 'b2.conv2' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      for (let i = 0; i < out.length; i++) out[i]! += input.data[i]!;
    }),
);
