import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The derivative of x · σ(x) is taken for σ(x): it forgets that the gate depends on x. */
export const siluGateConstant: readonly Mutant[] = inLayers(
  { id: 'silu-gate-constant', cause: 'gradient.derivative-wrong', wrong: 'input' },
  { unet: 'd2.act' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { input, gradient }) =>
      gradient.map((d, i) => d / (1 + Math.exp(-input.data[i]!))),
    ),
);
