import { inLayers, type Mutant, withGradient } from './_mutant.ts';
import { LOOKUP } from './_sequence.ts';

/** A row that is looked up twice gets the gradient of its last use only. */
export const embeddingGradientOverwritten: readonly Mutant[] = inLayers(
  { id: 'embedding-gradient-overwritten', cause: 'gradient.duplicates-overwritten', wrong: 'weight' },
  LOOKUP,
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (right, { input, gradient }) => {
      const [D, dtable] = [gradient.length / input.data.length, right.map(() => 0)];
      input.data.forEach((id, n) => dtable.set(gradient.subarray(n * D, (n + 1) * D), id * D));
      return dtable;
    }),
);
