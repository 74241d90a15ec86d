import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The layer runs twice into one accumulator. */
export const outputDoubled: readonly Mutant[] = inLayers(
  { id: 'output-doubled', cause: 'scale.constant', wrong: 'output' },
  {
    mlp: 'fc3',
    lenet: 'conv1',
    resnet: 'b1.conv2',
    resnetTraining: 'b2.short',
    unet: 'd2.conv',
    mobilenet: 'b1.project',
    autoencoder: 'e2.pool',
  },
  (network, layer) =>
    withOutput(network, layer, (out) => {
      for (let i = 0; i < out.length; i++) out[i]! *= 2;
    }),
);
