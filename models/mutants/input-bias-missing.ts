import { inLayers, type Mutant, withMisread } from './_mutant.ts';
import { inBlocks, RECURRENT } from './_sequence.ts';

/** The bias of the input is not added. */
export const inputBiasMissing: readonly Mutant[] = inLayers(
  { id: 'input-bias-missing', cause: 'recurrent.bias-missing', wrong: 'output' },
  RECURRENT,
  (network, layer) =>
    withMisread(network, layer, 'bias', (bias) => inBlocks(bias, 2, (x, half) => (half === 0 ? 0 : x))),
);
