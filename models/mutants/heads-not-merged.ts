import { withAttention } from './_attention.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

const bug = { id: 'heads-not-merged', cause: 'attention.heads-merged', wrong: 'output' } as const;

/** Memory of [heads, time] is written as [time, heads], without the transposition. */
export const headsNotMerged: readonly Mutant[] = [
  ...inLayers(bug, ATTENTION, (network, layer) => withAttention(network, layer, { merge: (x) => x })),
  ...inLayers(bug, { rotary: 'merged' }, (network, layer) =>
    withOutput(network, layer, (out, { input }) => out.set(input.data)),
  ),
];
