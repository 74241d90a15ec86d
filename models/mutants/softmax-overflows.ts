import { withAttention } from './_attention.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Exponentials of the scores as they are, some of which float32 does not hold. */
export const softmaxOverflows: readonly Mutant[] = inLayers(
  { id: 'softmax-overflows', cause: 'softmax.no-max-subtraction', wrong: 'output' },
  { gpt: 'b2.attention', gptWritten: 'b2.attention' },
  (network, layer) =>
    withAttention(network, layer, {
      softmax(scores, rows) {
        const [exponentials, C] = [scores.map((x) => Math.exp(x)), scores.length / rows];
        return exponentials.map((e, at) => {
          const row = exponentials.subarray(at - (at % C), at - (at % C) + C);
          return e / row.reduce((sum, each) => Math.fround(sum + each), 0);
        });
      },
    }),
);
