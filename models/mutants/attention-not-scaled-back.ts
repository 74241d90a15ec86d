import { GPT } from '../nets/gpt.ts';
import { ROTARY } from '../nets/rotary.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** Scores are scaled on the way there only. */
export const attentionNotScaledBack: readonly Mutant[] = inLayers(
  { id: 'attention-not-scaled-back', cause: 'attention.scale', wrong: 'input' },
  { gpt: 'b1.attention', gptWritten: 'b2.attention', rotary: 'scores' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input }) => {
      if (input.shape.length === 4) return right.map((d) => d * Math.sqrt(ROTARY.S));
      // Queries, keys and values lie beside each other; values have nothing to do with scores.
      const D = input.shape[2]! / 3;
      return right.map((d, at) => (at % (3 * D) < 2 * D ? d * Math.sqrt(D / GPT.heads) : d));
    }),
);
