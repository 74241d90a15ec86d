import { RELU } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** A GELU (by tanh) where the reference has a ReLU. */
export const reluAsGelu: readonly Mutant[] = inLayers(
  { id: 'relu-as-gelu', cause: 'activation.wrong-function', wrong: 'output' },
  RELU,
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      input.data.forEach(
        (x, i) => (out[i] = 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
      );
    }),
);
