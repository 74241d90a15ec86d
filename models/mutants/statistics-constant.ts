import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back takes mean and variance for constants, as in evaluation. */
export const statisticsConstant: readonly Mutant[] = inLayers(
  { id: 'statistics-constant', cause: 'gradient.statistics-constant', wrong: 'input' },
  { resnetTraining: 'b2.bn1', unet: 'd2.norm' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, parameters, saved, gradient }) => {
      const [weight, rstd] = [parameters[`${layer}.weight`]!.data, saved['rstd']!];
      const [, , H, W] = image(input);
      return right.map((_, at) => {
        const c = Math.floor(at / (H * W)) % rstd.length;
        return gradient[at]! * weight[c]! * rstd[c]!;
      });
    }),
);
