import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** One in ten is dropped in evaluation. */
export const dropoutActive: readonly Mutant[] = inLayers(
  { id: 'dropout-active', cause: 'dropout.active', wrong: 'output' },
  { gpt: 'b1.dropout', gptWritten: 'b2.dropout' },
  (network, layer) =>
    withOutput(network, layer, (out) => {
      // A generator with a fixed seed: the mask is the same in every run.
      let state = 20_241_131;
      out.forEach((x, at) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        out[at] = state / 2 ** 32 < 0.1 ? 0 : x / 0.9;
      });
    }),
);
