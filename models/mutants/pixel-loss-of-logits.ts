import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** A loss for logits is given probabilities: they go through a sigmoid once more. */
export const pixelLossOfLogits: readonly Mutant[] = inLayers(
  { id: 'pixel-loss-of-logits', cause: 'loss.double-softmax', wrong: 'output' },
  { unet: 'loss' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, inputs }) => {
      const target = inputs['target']!.data;
      let sum = 0;
      input.data.forEach((p, i) => {
        sum += Math.log1p(Math.exp(-Math.abs(p))) + Math.max(p, 0) - p * target[i]!;
      });
      out[0] = sum / input.data.length;
    }),
);
