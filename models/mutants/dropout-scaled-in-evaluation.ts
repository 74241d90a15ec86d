import { GPT } from '../nets/gpt.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Scaled by 1 - rate in evaluation, as well as by 1 / (1 - rate) in training. */
export const dropoutScaledInEvaluation: readonly Mutant[] = inLayers(
  { id: 'dropout-scaled-in-evaluation', cause: 'dropout.scale', wrong: 'output' },
  { gpt: 'b2.dropout', gptWritten: 'b1.dropout' },
  (network, layer) => withOutput(network, layer, (out) => out.forEach((x, at) => (out[at] = x * (1 - GPT.rate)))),
);
