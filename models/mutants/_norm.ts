import type { ForwardContext, Network } from '../../adapters/network/index.ts';
import { batchnorm } from '../layers/batchnorm.ts';
import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { withOutput } from './_mutant.ts';

/** What a batch normalisation of one batch normalises by, channel by channel. */
export interface Statistics {
  readonly mean: Float32Array;
  /** Divided by n. */
  readonly variance: Float32Array;
  readonly rstd: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  /** Elements a channel. */
  readonly n: number;
}

/** The network with a batch normalisation that normalises by something else; what it saved for its way back stays right. */
export function withNorm(
  network: Network,
  name: string,
  change: (right: Statistics, context: ForwardContext) => Partial<Statistics>,
): Network {
  return withOutput(network, name, (out, context) => {
    const right = statisticsOf(name, context);
    const { mean, rstd, weight, bias } = { ...right, ...change(right, context) };
    batchnorm(out, context.input.data, mean, rstd, weight, bias, ...image(context.input));
  });
}

function statisticsOf(name: string, { input, parameters }: ForwardContext): Statistics {
  const [B, C, H, W] = image(input);
  const n = B * H * W;
  const [mean, variance] = [new Float64Array(C), new Float64Array(C)];
  const channel = (at: number) => Math.floor(at / (H * W)) % C;
  input.data.forEach((x, at) => (mean[channel(at)]! += x / n));
  input.data.forEach((x, at) => (variance[channel(at)]! += (x - mean[channel(at)]!) ** 2 / n));
  return {
    mean: Float32Array.from(mean),
    variance: Float32Array.from(variance),
    rstd: Float32Array.from(variance, (v) => 1 / Math.sqrt(v + EPSILON)),
    weight: parameters[`${name}.weight`]!.data,
    bias: parameters[`${name}.bias`]!.data,
    n,
  };
}
