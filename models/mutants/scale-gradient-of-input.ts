import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The gradient of the scale is made with the input of the normalisation, not with what is normal. */
export const scaleGradientOfInput: readonly Mutant[] = inLayers(
  { id: 'scale-gradient-of-input', cause: 'gradient.derivative-of-wrong-value', wrong: 'weight' },
  { gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (right, { input, gradient }) => {
      const D = right.length;
      const out = right.map(() => 0);
      gradient.forEach((d, at) => (out[at % D]! += d * input.data[at]!));
      return out;
    }),
);
