import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The gradient of a bias is never written. */
export const biasGradientNotWritten: readonly Mutant[] = inLayers(
  { id: 'bias-gradient-not-written', cause: 'gradient.zero', wrong: 'bias' },
  {
    mlp: 'fc2',
    lenet: 'fc2',
    resnet: 'b1.conv1',
    resnetTraining: 'b1.bn1',
    unet: 'u2.norm',
    mobilenet: 'b1.bn',
    autoencoder: 'd1.up',
    lstm: 'lstm',
    gpt: 'b1.ln2',
  },
  (network, layer) => withGradient(network, layer, `${layer}.bias`, (dbias) => dbias.map(() => 0)),
);
