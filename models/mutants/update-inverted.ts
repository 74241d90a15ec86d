import { inLayers, type Mutant, withParameter } from './_mutant.ts';
import { GRU, inBlocks, withRerun } from './_sequence.ts';

/** The update gate says how much of the new state is taken, and should say how much of the old one is kept. */
export const updateInverted: readonly Mutant[] = inLayers(
  { id: 'update-inverted', cause: 'recurrent.update-inverted', wrong: 'output' },
  GRU,
  (network, layer) =>
    withRerun(network, layer, (context) => {
      // 1 less a sigmoid is the sigmoid of the opposite.
      const negative = (which: string, blocks: number) =>
        inBlocks(context.parameters[`${layer}.${which}`]!, blocks, (x, block) => (block % 3 === 0 ? -x : x));
      const weights = withParameter(context, `${layer}.weight`, negative('weight', 3));
      const recurrences = withParameter(weights, `${layer}.recurrence`, negative('recurrence', 3));
      return withParameter(recurrences, `${layer}.bias`, negative('bias', 6));
    }),
);
