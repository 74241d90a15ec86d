import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Embeddings are multiplied by the root of their size, which this network does not do. */
export const tokensScaled: readonly Mutant[] = inLayers(
  { id: 'tokens-scaled', cause: 'scale.constant', wrong: 'output' },
  { gpt: 'tokens', rotary: 'tokens' },
  (network, layer) => withOutput(network, layer, (out, _, shape) => out.set(out.map((x) => x * Math.sqrt(shape[2]!)))),
);
