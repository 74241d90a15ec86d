import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Squeeze-and-excite computes its factors, and leaves the image as it is. */
export const gateNotApplied: readonly Mutant[] = inLayers(
  { id: 'gate-not-applied', cause: 'value.stale', wrong: 'output' },
  { mobilenet: 'b1.se' },
  (network, layer) => withOutput(network, layer, (out, { input }) => out.set(input.data)),
);
