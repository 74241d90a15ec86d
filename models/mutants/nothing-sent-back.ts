import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** A layer computes the gradients of its parameters, and sends nothing back. */
export const nothingSentBack: readonly Mutant[] = inLayers(
  { id: 'nothing-sent-back', cause: 'gradient.zero', wrong: 'input' },
  {
    mlp: 'fc2',
    lenet: 'conv2',
    resnet: 'b1.conv2',
    resnetTraining: 'b2.conv2',
    unet: 'mid.conv',
    mobilenet: 'b1.se.fc2',
    autoencoder: 'd2.up',
  },
  (network, layer) => withInputGradient(network, layer, (right) => right.map(() => 0)),
);
