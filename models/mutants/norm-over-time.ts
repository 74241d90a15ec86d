import { EPSILON } from '../nets/blocks/normalisation.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Each number is normalised over the steps of its sequence, not over its step. */
export const normOverTime: readonly Mutant[] = inLayers(
  { id: 'norm-over-time', cause: 'norm.axis', wrong: 'output' },
  { gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, parameters }) => {
      const [, T, D] = input.shape as [number, number, number];
      const [weight, bias] = [parameters[`${layer}.weight`]!.data, parameters[`${layer}.bias`]!.data];
      out.forEach((_, at) => {
        const [d, from] = [at % D, Math.floor(at / (T * D)) * T * D];
        const column = Array.from({ length: T }, (_, t) => input.data[from + t * D + d]!);
        const mean = column.reduce((sum, x) => sum + x, 0) / T;
        const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / T;
        out[at] = ((input.data[at]! - mean) / Math.sqrt(variance + EPSILON)) * weight[d]! + bias[d]!;
      });
    }),
);
