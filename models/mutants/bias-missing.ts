import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** The bias is forgotten. */
export const biasMissing: readonly Mutant[] = inLayers(
  { id: 'bias-missing', cause: 'bias.missing', wrong: 'output' },
  {
    mlp: 'fc2',
    lenet: 'conv2',
    resnet: 'head',
    resnetTraining: 'stem',
    unet: 'out.conv',
    mobilenet: 'b1.dw',
    autoencoder: 'd2.up',
    lstm: 'head',
    gpt: 'b1.up',
    gptWritten: 'b2.qkv',
  },
  (network, layer) => withMisread(network, layer, 'bias', (bias) => bias.data.map(() => 0)),
);
