import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Every step is compared with the target of the step before. */
export const targetsNotMoved: readonly Mutant[] = inLayers(
  { id: 'targets-not-moved', cause: 'loss.label-shift', wrong: 'output' },
  { lstm: 'loss', gpt: 'loss' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, inputs, saved }) => {
      const [B, C] = input.shape as [number, number];
      const target = inputs['target']!.data;
      const sum = Array.from(
        { length: B },
        (_, b) => -Math.log(saved['probabilities']![b * C + target[(b + B - 1) % B]!]!),
      );
      out[0] = sum.reduce((a, b) => a + b, 0) / B;
    }),
);
