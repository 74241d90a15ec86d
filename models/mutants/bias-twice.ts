import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** The bias is added by the kernel and by its caller. */
export const biasTwice: readonly Mutant[] = inLayers(
  { id: 'bias-twice', cause: 'bias.doubled', wrong: 'output' },
  {
    mlp: 'fc1',
    lenet: 'fc1',
    resnet: 'b2.conv1',
    resnetTraining: 'head',
    unet: 'mid.conv',
    mobilenet: 'b2.mix',
    autoencoder: 'd1.up',
  },
  (network, layer) => withMisread(network, layer, 'bias', (bias) => bias.data.map((b) => 2 * b)),
);
