import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The embedding is also the head: only the gradient of the latter is kept. */
export const tiedUseLost: readonly Mutant[] = inLayers(
  { id: 'tied-use-lost', cause: 'gradient.overwritten', wrong: 'weight' },
  { gpt: 'tokens', gptWritten: 'tokens' },
  (network, layer) => withGradient(network, layer, `${layer}.weight`, (right) => right.map(() => 0)),
);
