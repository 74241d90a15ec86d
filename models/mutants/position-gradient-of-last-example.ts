import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The gradient of positions is written, not added, for each example: that of the last one stays. */
export const positionGradientOfLastExample: readonly Mutant[] = inLayers(
  { id: 'position-gradient-of-last-example', cause: 'gradient.last-example-only', wrong: 'weight' },
  { gpt: 'embedded', gptWritten: 'embedded' },
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (right, { input, gradient }) => {
      const size = gradient.length / input.shape[0]!;
      const last = gradient.subarray(gradient.length - size);
      return right.map((_, at) => (at < size ? last[at]! : 0));
    }),
);
