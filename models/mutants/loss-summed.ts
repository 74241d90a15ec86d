import { mlp } from '../twins/mlp.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** The loss is summed over the batch, not averaged. */
export const lossSummed: Mutant = {
  id: 'loss-summed',
  cause: 'loss.reduction',
  net: 'mlp',
  tensor: 'loss',
  direction: 'forward',
  make: () =>
    withOutput(mlp.make(), 'loss', (out, { input }) => {
      out[0]! *= input.shape[0]!;
    }),
};
