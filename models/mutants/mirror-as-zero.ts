import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The border is 0, where it should mirror what lies inside. */
export const mirrorAsZero: readonly Mutant[] = inLayers(
  { id: 'mirror-as-zero', cause: 'conv.padding-mode', wrong: 'output' },
  { autoencoder: 'pad' },
  (network, layer) =>
    withOutput(network, layer, (out, _, [, , P, Q]) => {
      for (let at = 0; at < out.length; at++) {
        const [q, p] = [at % Q!, Math.floor(at / Q!) % P!];
        if (p === 0 || q === 0 || p === P! - 1 || q === Q! - 1) out[at] = 0;
      }
    }),
);
