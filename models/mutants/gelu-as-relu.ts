import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { GELU } from './_sequence.ts';

/** A ReLU where the reference has a GELU. */
export const geluAsRelu: readonly Mutant[] = inLayers(
  { id: 'gelu-as-relu', cause: 'activation.wrong-function', wrong: 'output' },
  GELU,
  (network, layer) => withOutput(network, layer, (out, { input }) => out.set(input.data.map((x) => Math.max(0, x)))),
);
