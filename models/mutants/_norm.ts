import type { ForwardContext, Network } from '../../adapters/network/index.ts';
import { batchnorm } from '../layers/batchnorm.ts';
import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { withOutput } from './_mutant.ts';

/** What a normalisation of one batch normalises by, channel by channel; that of layers row by row. */
export interface Statistics {
  readonly mean: Float32Array;
  /** Divided by n. */
  readonly variance: Float32Array;
  readonly rstd: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  /** Elements a channel, or a row. */
  readonly n: number;
}

/** The network with a batch (or layer) normalisation that normalises by something else; what it saved for its way back stays right. */
export function withNorm(
  network: Network,
  name: string,
  change: (right: Statistics, context: ForwardContext) => Partial<Statistics>,
): Network {
  return withOutput(network, name, (out, context) => {
    const perRow = context.input.shape.length === 3;
    const right = perRow ? rowStatisticsOf(name, context) : statisticsOf(name, context);
    const { mean, rstd, weight, bias } = { ...right, ...change(right, context) };
    if (perRow) rowsNormalised(out, context.input.data, { mean, rstd, weight, bias });
    else batchnorm(out, context.input.data, mean, rstd, weight, bias, ...image(context.input));
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

/** Layer normalisation has a mean and a variance for each row of [B, T, D]. */
function rowStatisticsOf(name: string, { input, parameters }: ForwardContext): Statistics {
  const D = input.shape[2]!;
  const rows = Array.from({ length: input.data.length / D }, (_, n) => input.data.subarray(n * D, (n + 1) * D));
  const mean = Float32Array.from(rows, (row) => row.reduce((sum, x) => sum + x, 0) / D);
  const variance = Float32Array.from(rows, (row, n) => row.reduce((sum, x) => sum + (x - mean[n]!) ** 2, 0) / D);
  return {
    mean,
    variance,
    rstd: variance.map((v) => 1 / Math.sqrt(v + EPSILON)),
    weight: parameters[`${name}.weight`]!.data,
    bias: parameters[`${name}.bias`]!.data,
    n: D,
  };
}

function rowsNormalised(
  out: Float32Array,
  x: Float32Array,
  { mean, rstd, weight, bias }: Omit<Statistics, 'variance' | 'n'>,
): void {
  const D = weight.length;
  out.forEach((_, at) => {
    const [n, d] = [Math.floor(at / D), at % D];
    out[at] = (x[at]! - mean[n]!) * rstd[n]! * weight[d]! + bias[d]!;
  });
}
