import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back of a group (or instance) normalisation takes mean and variance for constants. */
export const groupStatisticsConstant: readonly Mutant[] = inLayers(
  { id: 'group-statistics-constant', cause: 'gradient.statistics-constant', wrong: 'input' },
  { unet: 'u2.norm' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { input, parameters, saved, gradient }) => {
      const [, C, H, W] = image(input);
      const [weight, rstd] = [parameters[`${layer}.weight`]!.data, saved['rstd']!];
      const n = input.data.length / rstd.length;
      return gradient.map((d, at) => d * weight[Math.floor(at / (H * W)) % C]! * rstd[Math.floor(at / n)]!);
    }),
);
