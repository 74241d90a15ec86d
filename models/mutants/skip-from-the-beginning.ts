import type { Layer } from '../../adapters/network/index.ts';
import { addition } from '../nets/blocks/structure.ts';
import { inLayers, type Mutant, withLayer } from './_mutant.ts';

/** The second block adds what the first one began with, not what it gave. */
export const skipFromTheBeginning: readonly Mutant[] = inLayers(
  { id: 'skip-from-the-beginning', cause: 'wiring.wrong-source', wrong: 'output' },
  { gpt: 'b2.add1', gptWritten: 'b2.add1' },
  (network, layer) => withLayer(network, layer, () => addition(layer, 'b2.dropout', 'embedded') as Layer),
);
