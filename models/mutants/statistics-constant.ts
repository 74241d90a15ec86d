import { batchnormEvaluationBackward } from '../layers/batchnorm.ts';
import { image, zeros } from '../nets/layer.ts';
import { resnetTraining } from '../twins/resnet-training.ts';
import { type Mutant, withLayer } from './_mutant.ts';

/** The way back takes mean and variance for constants, as in evaluation. */
export const statisticsConstant: Mutant = {
  id: 'statistics-constant',
  cause: 'gradient.statistics-constant',
  net: 'resnetTraining',
  tensor: '/net/b2/conv1/Conv_output_0',
  direction: 'backward',
  make: () =>
    withLayer(resnetTraining.make(), 'b2.bn1', () => ({
      backward({ input, parameters, saved, gradient }) {
        const [B, C, H, W] = image(input);
        const [dx, dw, db] = [zeros(input), new Float32Array(C), new Float32Array(C)];
        const [mean, rstd] = [saved['mean']!, saved['rstd']!];
        const weight = parameters['b2.bn1.weight']!.data;
        batchnormEvaluationBackward(dx, dw, db, gradient, input.data, mean, rstd, weight, B, C, H, W);
        return { inputs: [dx], parameters: { 'b2.bn1.weight': dw, 'b2.bn1.bias': db } };
      },
    })),
};
