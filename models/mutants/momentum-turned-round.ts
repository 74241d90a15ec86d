import { trackedOtherwise } from './_running.ts';
import type { Mutant } from './_mutant.ts';

/** A framework's 0.1 for what stays of the running mean, where the network keeps 0.9. */
export const momentumTurnedRound: Mutant = {
  id: 'momentum-turned-round',
  cause: 'norm.momentum',
  ...trackedOtherwise('mean', (old, now) => old + 9 * (now - old)),
};
