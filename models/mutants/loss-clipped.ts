import { withLoss } from './_loss.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Probabilities below a twentieth count as a twentieth. */
export const lossClipped: readonly Mutant[] = inLayers(
  { id: 'loss-clipped', cause: 'loss.clip', wrong: 'output' },
  { mobilenet: 'loss' },
  (network, layer) =>
    withLoss(network, layer, ({ probabilities, target }) => -Math.log(Math.max(0.05, probabilities[target]!))),
);
