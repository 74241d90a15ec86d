import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { GELU } from './_sequence.ts';

/** The approximation of GELU by a hyperbolic tangent. */
export const geluByTanh: readonly Mutant[] = inLayers(
  { id: 'gelu-by-tanh', cause: 'activation.wrong-function', wrong: 'output' },
  GELU,
  (network, layer) =>
    withOutput(network, layer, (out, { input }) =>
      out.set(input.data.map((v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))))),
    ),
);
