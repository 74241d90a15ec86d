import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back takes mean and deviation of a row for constants. */
export const rowStatisticsConstant: readonly Mutant[] = inLayers(
  { id: 'row-statistics-constant', cause: 'gradient.statistics-constant', wrong: 'input' },
  { gpt: 'b1.ln2', gptWritten: 'b2.ln2', rotary: 'norm2' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { parameters, saved, gradient }) => {
      const weight = parameters[`${layer}.weight`]!.data;
      const scale = saved['rstd'] ?? saved['rrms']!;
      const D = weight.length;
      return right.map((_, at) => gradient[at]! * weight[at % D]! * scale[Math.floor(at / D)]!);
    }),
);
