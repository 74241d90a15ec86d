import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The mean over the batch of the sum over time. */
export const lossSummedOverTime: readonly Mutant[] = inLayers(
  { id: 'loss-summed-over-time', cause: 'loss.reduction', wrong: 'output' },
  { lstm: 'loss', gru: 'loss', gpt: 'loss' },
  (network, layer) => withOutput(network, layer, (out) => out.forEach((x, at) => (out[at] = x * 7))),
);
