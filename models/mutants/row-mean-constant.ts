import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back takes the mean of a row for a constant, and its variance not. */
export const rowMeanConstant: readonly Mutant[] = inLayers(
  { id: 'row-mean-constant', cause: 'gradient.statistics-constant', wrong: 'input' },
  { gpt: 'ln', gptWritten: 'b1.ln1' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { parameters, saved, gradient }) => {
      const [weight, rstd] = [parameters[`${layer}.weight`]!.data, saved['rstd']!];
      const D = weight.length;
      // What the mean's dependence on x takes away, given back.
      return right.map((d, at) => {
        const from = at - (at % D);
        const mean = weight.reduce((sum, w, i) => sum + (w * gradient[from + i]!) / D, 0);
        return d + mean * rstd[Math.floor(at / D)]!;
      });
    }),
);
