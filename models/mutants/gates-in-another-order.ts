import { inLayers, type Mutant, withParameter } from './_mutant.ts';
import { gatesOf, RECURRENT, reordered, withRerun } from './_sequence.ts';

/** Weights in the order of another library: input, forget, cell, output (PyTorch) or reset, update, new. */
export const gatesInAnotherOrder: readonly Mutant[] = inLayers(
  { id: 'gates-in-another-order', cause: 'recurrent.gate-order', wrong: 'output' },
  RECURRENT,
  (network, layer) =>
    withRerun(network, layer, (context) => {
      const gates = gatesOf(context, layer);
      const order = gates === 4 ? [0, 2, 3, 1] : [1, 0, 2];
      const read = (which: string, blocks: readonly number[]) => {
        const parameter = context.parameters[`${layer}.${which}`]!;
        return reordered(parameter, blocks.length, blocks);
      };
      const bias = [...order, ...order.map((block) => block + gates)];
      const weights = withParameter(context, `${layer}.weight`, read('weight', order));
      const recurrences = withParameter(weights, `${layer}.recurrence`, read('recurrence', order));
      return withParameter(recurrences, `${layer}.bias`, read('bias', bias));
    }),
);
