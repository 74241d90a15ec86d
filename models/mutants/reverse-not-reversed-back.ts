import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** What the reverse direction gives is left in the order in which it was computed. */
export const reverseNotReversedBack: readonly Mutant[] = inLayers(
  { id: 'reverse-not-reversed-back', cause: 'recurrent.direction', wrong: 'output' },
  { bidirectional: 'lstm' },
  (network, layer) =>
    withOutput(network, layer, (out, _, shape) => {
      const [T, , B, H] = shape as [number, number, number, number];
      const right = out.slice();
      for (let t = 0; t < T; t++) {
        const from = (2 * (T - 1 - t) + 1) * B * H;
        out.set(right.subarray(from, from + B * H), (2 * t + 1) * B * H);
      }
    }),
);
