import { GPT } from '../nets/gpt.ts';
import { ROTARY } from '../nets/rotary.ts';
import { withAttention } from './_attention.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

const bug = { id: 'attention-over-scaled', cause: 'attention.scale', wrong: 'output' } as const;

/** Scores are divided by how many numbers a head has, not by the root of it. */
export const attentionOverScaled: readonly Mutant[] = [
  ...inLayers(bug, ATTENTION, (network, layer) => withAttention(network, layer, { scale: GPT.heads / GPT.D })),
  ...inLayers(bug, { rotary: 'scores' }, (network, layer) =>
    withOutput(network, layer, (out, { input }) => out.set(input.data.map((x) => x / ROTARY.S))),
  ),
];
