import { inLayers, type Mutant, withMisread } from './_mutant.ts';
import { inBlocks, LSTM } from './_sequence.ts';

/** 1 is added to the forget gate, which the weights have in them already. */
export const forgetBias: readonly Mutant[] = inLayers(
  { id: 'forget-bias', cause: 'recurrent.forget-bias', wrong: 'output' },
  LSTM,
  (network, layer) =>
    withMisread(network, layer, 'bias', (bias) => inBlocks(bias, 8, (x, block) => (block === 2 ? x + 1 : x))),
);
