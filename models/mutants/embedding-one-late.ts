import { inLayers, type Mutant, withInput } from './_mutant.ts';
import { LOOKUP } from './_sequence.ts';

/** Tokens are counted from 1: each looks up the row after its own. */
export const embeddingOneLate: readonly Mutant[] = inLayers(
  { id: 'embedding-one-late', cause: 'embedding.index-shifted', wrong: 'output' },
  LOOKUP,
  (network, layer) =>
    withInput(network, layer, ({ data, shape }) => ({ data: data.map((id) => (id - 1 < 0 ? 0 : id - 1)), shape })),
);
