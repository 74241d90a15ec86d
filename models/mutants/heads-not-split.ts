import { withAttention } from './_attention.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

const bug = { id: 'heads-not-split', cause: 'attention.heads-merged', wrong: 'output' } as const;

/** Memory of [time, heads] is read as [heads, time], without the transposition. */
export const headsNotSplit: readonly Mutant[] = [
  ...inLayers(bug, ATTENTION, (network, layer) => withAttention(network, layer, { split: (x) => x })),
  ...inLayers(bug, { rotary: 'q.heads' }, (network, layer) =>
    withOutput(network, layer, (out, { input }) => out.set(input.data)),
  ),
];
