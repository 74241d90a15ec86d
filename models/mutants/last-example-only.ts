import { matrix } from '../nets/layer.ts';
import { LINEAR } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The weight gradient is written, not added, for each example of the batch: the last one stays. */
export const lastExampleOnly: readonly Mutant[] = inLayers(
  { id: 'last-example-only', cause: 'gradient.last-example-only', wrong: 'weight' },
  LINEAR,
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (dweight, { input, gradient }) => {
      const [B, I] = matrix(input);
      const [O, last] = [dweight.length / I, B - 1];
      return dweight.map((_, at) => gradient[last * O + Math.floor(at / I)]! * input.data[last * I + (at % I)]!);
    }),
);
