import { withAttention } from './_attention.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

const bug = { id: 'attention-not-scaled', cause: 'attention.scale', wrong: 'output' } as const;

/** Scores are not divided by the root of how many numbers a head has. */
export const attentionNotScaled: readonly Mutant[] = [
  ...inLayers(bug, ATTENTION, (network, layer) => withAttention(network, layer, { scale: 1 })),
  ...inLayers(bug, { rotary: 'scores' }, (network, layer) =>
    withOutput(network, layer, (out, { input }) => out.set(input.data)),
  ),
];
