import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** Positions are counted from 1. */
export const positionsOneLate: readonly Mutant[] = inLayers(
  { id: 'positions-one-late', cause: 'position.offset', wrong: 'output' },
  { gpt: 'embedded', gptWritten: 'embedded' },
  (network, layer) =>
    withMisread(network, layer, 'weight', ({ data, shape }) =>
      data.map((_, at) => data[(at + shape[1]!) % data.length]!),
    ),
);
