import { DROPPED } from '../nets/bidirectional.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** What is kept is not scaled by 1 / (1 - rate). */
export const dropoutNotScaled: readonly Mutant[] = inLayers(
  { id: 'dropout-not-scaled', cause: 'dropout.scale', wrong: 'output' },
  { bidirectional: 'dropped' },
  (network, layer) => withOutput(network, layer, (out) => out.forEach((x, at) => (out[at] = x * (1 - DROPPED)))),
);
