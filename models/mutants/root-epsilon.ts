import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** An epsilon of 1e-3 in a root mean square normalisation that should have 1e-5. */
export const rootEpsilon: readonly Mutant[] = inLayers(
  { id: 'root-epsilon', cause: 'norm.epsilon', wrong: 'output' },
  { rotary: 'norm2' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, parameters }) => {
      const weight = parameters[`${layer}.weight`]!.data;
      const D = weight.length;
      out.forEach((_, at) => {
        const row = input.data.subarray(at - (at % D), at - (at % D) + D);
        const square = row.reduce((sum, x) => sum + x * x, 0) / D;
        out[at] = (input.data[at]! / Math.sqrt(square + 1e-3)) * weight[at % D]!;
      });
    }),
);
