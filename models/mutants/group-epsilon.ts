import { withGroupNorm } from './_groups.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Another framework's epsilon, 0.001. */
export const groupEpsilon: readonly Mutant[] = inLayers(
  { id: 'group-epsilon', cause: 'norm.epsilon', wrong: 'output' },
  { unet: 'u2.norm' },
  (network, layer) =>
    withGroupNorm(network, layer, 2, ({ variance }) => ({ rstd: variance.map((v) => 1 / Math.sqrt(v + 1e-3)) })),
);
