import { inLayers, type Mutant, withLayer } from './_mutant.ts';

/** Keys are made of the queries. */
export const keysAreQueries: readonly Mutant[] = inLayers(
  { id: 'keys-are-queries', cause: 'wiring.wrong-source', wrong: 'output' },
  { rotary: 'k.heads' },
  (network, layer) => withLayer(network, layer, () => ({ inputs: ['q'] })),
);
