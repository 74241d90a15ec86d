import { withAttention } from './_attention.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

const bug = { id: 'mask-missing', cause: 'attention.mask-missing', wrong: 'output' } as const;

/** Every position looks at all the others. */
export const maskMissing: readonly Mutant[] = [
  ...inLayers(bug, ATTENTION, (network, layer) => withAttention(network, layer, { isMasked: () => false })),
  ...inLayers(bug, { rotary: 'masked' }, (network, layer) =>
    withOutput(network, layer, (out, { input }) => out.set(input.data)),
  ),
];
