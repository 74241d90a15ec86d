import { batchnorm, batchStatistics } from '../layers/batchnorm.ts';
import { image } from '../nets/layer.ts';
import { resnetTraining } from '../twins/resnet-training.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** Keras' epsilon of 1e-3 where the reference has 1e-5. */
export const normEpsilon: Mutant = {
  id: 'norm-epsilon',
  cause: 'norm.epsilon',
  net: 'resnetTraining',
  tensor: '/net/b1/bn1/BatchNormalization_output_0',
  direction: 'forward',
  make: () =>
    withOutput(resnetTraining.make(), 'b1.bn1', (out, { input, parameters }) => {
      const [B, C, H, W] = image(input);
      const [mean, rstd] = [new Float32Array(C), new Float32Array(C)];
      batchStatistics(mean, rstd, input.data, 1e-3, B, C, H, W);
      const [weight, bias] = [parameters['b1.bn1.weight']!.data, parameters['b1.bn1.bias']!.data];
      batchnorm(out, input.data, mean, rstd, weight, bias, B, C, H, W);
    }),
};
