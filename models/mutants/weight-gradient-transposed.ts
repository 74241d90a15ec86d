import { exchanged } from './_kernels.ts';
import { SQUARE } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** Outputs and inputs are exchanged in a weight gradient: it is written by columns. */
export const weightGradientTransposed: readonly Mutant[] = inLayers(
  { id: 'weight-gradient-transposed', cause: 'gradient.transposed', wrong: 'weight' },
  { mlp: 'fc2', lenet: 'fc1', ...SQUARE },
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (data, { parameters }) =>
      exchanged({ data, shape: parameters[`${layer}.weight`]!.shape }),
    ),
);
