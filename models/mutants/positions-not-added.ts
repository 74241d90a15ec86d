import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** Tokens are known, and not where they are. */
export const positionsNotAdded: readonly Mutant[] = inLayers(
  { id: 'positions-not-added', cause: 'position.offset', wrong: 'output' },
  { gpt: 'embedded', gptWritten: 'embedded' },
  (network, layer) => withMisread(network, layer, 'weight', ({ data }) => data.map(() => 0)),
);
