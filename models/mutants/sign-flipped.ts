import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The result has the opposite sign. */
export const signFlipped: readonly Mutant[] = inLayers(
  { id: 'sign-flipped', cause: 'sign.flipped', wrong: 'output' },
  {
    mlp: 'tanh',
    lenet: 'fc1',
    resnet: 'stem',
    resnetTraining: 'b1.bn1',
    unet: 'u2.up',
    mobilenet: 'b1.se.fc2',
    autoencoder: 'd1.up',
  },
  (network, layer) =>
    withOutput(network, layer, (out) => {
      for (let i = 0; i < out.length; i++) out[i] = -out[i]!;
    }),
);
