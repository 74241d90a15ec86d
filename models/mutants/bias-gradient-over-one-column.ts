import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The gradient of a convolution's bias is summed over batch and rows, but not over columns. */
export const biasGradientOverOneColumn: readonly Mutant[] = inLayers(
  { id: 'bias-gradient-over-one-column', cause: 'gradient.bias-axis', wrong: 'bias' },
  {
    lenet: 'conv1',
    resnet: 'b2.conv1',
    resnetTraining: 'stem',
    unet: 'u2.conv',
    mobilenet: 'b1.dw',
    autoencoder: 'd1.up',
  },
  (network, layer) =>
    withGradient(network, layer, `${layer}.bias`, (dbias, { output, gradient }) => {
      const [, O, H, W] = image(output);
      const sums = dbias.map(() => 0);
      for (let at = 0; at < gradient.length; at += W) sums[Math.floor(at / (W * H)) % O]! += gradient[at]!;
      return sums;
    }),
);
