import { groupnorm, groupStatistics } from '../layers/groupnorm.ts';
import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { channelsFrom } from './_images.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** A group is every second channel, not half of them side by side. */
export const normGroupsInterleaved: readonly Mutant[] = inLayers(
  { id: 'norm-groups-interleaved', cause: 'norm.axis', wrong: 'output' },
  { unet: 'u2.norm' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, parameters }, shape) => {
      const apart = (c: number, C: number) => (c < C / 2 ? 2 * c : 2 * (c - C / 2) + 1);
      const together = (c: number, C: number) => (c % 2 === 0 ? c / 2 : (C + c - 1) / 2);
      const x = channelsFrom(input, apart);
      const [B, C, H, W] = image(x);
      const [mean, rstd] = [new Float32Array(2 * B), new Float32Array(2 * B)];
      const [weight, bias] = ['weight', 'bias'].map((name) =>
        parameters[`${layer}.${name}`]!.data.map((_, c, all) => all[apart(c, C)]!),
      );
      groupStatistics(mean, rstd, x.data, EPSILON, 2, B, C, H, W);
      groupnorm(out, x.data, mean, rstd, weight!, bias!, 2, B, C, H, W);
      out.set(channelsFrom({ data: out.slice(), shape }, together).data);
    }),
);
