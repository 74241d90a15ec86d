import { batchnorm, runningStatistics } from '../layers/batchnorm.ts';
import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { resnetTraining } from '../twins/resnet-training.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** Normalises by the running statistics, as in evaluation, while it is trained. */
export const runningStatisticsInTraining: Mutant = {
  id: 'running-statistics-in-training',
  cause: 'norm.statistics',
  net: 'resnetTraining',
  tensor: '/net/b1/bn2/BatchNormalization_output_0',
  direction: 'forward',
  make: () =>
    withOutput(resnetTraining.make(), 'b1.bn2', (out, { input, parameters }) => {
      const [B, C, H, W] = image(input);
      const of = (name: string) => parameters[`b1.bn2.${name}`]!.data;
      const rstd = new Float32Array(C);
      runningStatistics(rstd, of('running_var'), EPSILON, C);
      batchnorm(out, input.data, of('running_mean'), rstd, of('weight'), of('bias'), B, C, H, W);
    }),
};
