import { apart, beside } from '../nets/blocks/attention.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { ATTENTION, withRerun } from './_sequence.ts';

/** Queries and keys are taken in each other’s place: every score is that of the other direction. */
export const queriesAndKeysExchanged: readonly Mutant[] = inLayers(
  { id: 'queries-and-keys-exchanged', cause: 'wiring.wrong-source', wrong: 'output' },
  ATTENTION,
  (network, layer) =>
    withRerun(network, layer, (context) => {
      const { data, shape } = context.input;
      const [q, k, v] = apart({ data, shape });
      return { ...context, input: { data: beside([k, q, v], shape[2]! / 3), shape } };
    }),
);
