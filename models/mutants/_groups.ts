import type { ForwardContext, Network } from '../../adapters/network/index.ts';
import { groupnorm, groupStatistics } from '../layers/groupnorm.ts';
import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { withOutput } from './_mutant.ts';
import type { Statistics } from './_norm.ts';

/** The network with a group (or instance) normalisation that normalises by something else; what it saved for its way back stays right. */
export function withGroupNorm(
  network: Network,
  name: string,
  groups: number,
  change: (right: Statistics, context: ForwardContext) => Partial<Statistics>,
): Network {
  return withOutput(network, name, (out, context) => {
    const { input: x, parameters } = context;
    const [B, C, H, W] = image(x);
    const [mean, rstd] = [new Float32Array(B * groups), new Float32Array(B * groups)];
    groupStatistics(mean, rstd, x.data, EPSILON, groups, B, C, H, W);
    const right: Statistics = {
      mean,
      rstd,
      variance: rstd.map((r) => 1 / r ** 2 - EPSILON),
      weight: parameters[`${name}.weight`]!.data,
      bias: parameters[`${name}.bias`]!.data,
      n: (C / groups) * H * W,
    };
    const by = { ...right, ...change(right, context) };
    groupnorm(out, x.data, by.mean, by.rstd, by.weight, by.bias, by.mean.length / B, B, C, H, W);
  });
}
