import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** Nothing goes back through the skip connection: what comes from below is all that is kept. */
export const concatSkipSendsNothing: readonly Mutant[] = inLayers(
  { id: 'concat-skip-sends-nothing', cause: 'gradient.overwritten', wrong: 'input' },
  { unet: 'u2.cat' },
  (network, layer) => withInputGradient(network, layer, (right) => right.map(() => 0)),
);
