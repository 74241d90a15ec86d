import { inLayers, type Mutant, withMisread } from './_mutant.ts';
import { inBlocks, RECURRENT } from './_sequence.ts';

/** The bias of the recurrence is not added. */
export const recurrentBiasMissing: readonly Mutant[] = inLayers(
  { id: 'recurrent-bias-missing', cause: 'recurrent.bias-missing', wrong: 'output' },
  RECURRENT,
  (network, layer) =>
    withMisread(network, layer, 'bias', (bias) => inBlocks(bias, 2, (x, half) => (half === 1 ? 0 : x))),
);
