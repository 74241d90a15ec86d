import { trackedOtherwise } from './_running.ts';
import type { Mutant } from './_mutant.ts';

/** The running variance takes the batch's divided by n - 1. */
export const runningVarianceUnbiased: Mutant = {
  id: 'running-variance-unbiased',
  cause: 'norm.momentum',
  ...trackedOtherwise('variance', (old, now, n) => now + (now - 0.9 * old) / (n - 1)),
};
