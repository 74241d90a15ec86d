import { groupStatistics } from '../layers/groupnorm.ts';
import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { withGroupNorm } from './_groups.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Groups of two channels, where there should be two groups. */
export const normOtherGroups: readonly Mutant[] = inLayers(
  { id: 'norm-other-groups', cause: 'norm.axis', wrong: 'output' },
  { unet: 'u2.norm' },
  (network, layer) =>
    withGroupNorm(network, layer, 2, (_, { input }) => {
      const [B, C, H, W] = image(input);
      const [mean, rstd] = [new Float32Array((B * C) / 2), new Float32Array((B * C) / 2)];
      groupStatistics(mean, rstd, input.data, EPSILON, C / 2, B, C, H, W);
      return { mean, rstd };
    }),
);
