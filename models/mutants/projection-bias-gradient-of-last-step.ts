import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The gradient of a bias is written, not added, for each step: that of the last one stays. */
export const projectionBiasGradientOfLastStep: readonly Mutant[] = inLayers(
  { id: 'projection-bias-gradient-of-last-step', cause: 'gradient.last-example-only', wrong: 'bias' },
  { gpt: 'b1.up', gptWritten: 'b1.qkv' },
  (network, layer) =>
    withGradient(network, layer, `${layer}.bias`, (right, { gradient }) =>
      gradient.slice(gradient.length - right.length),
    ),
);
