import { NEVER } from '../nets/blocks/heads.ts';
import { ROTARY } from '../nets/rotary.ts';
import { withAttention } from './_attention.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

const bug = { id: 'mask-one-late', cause: 'attention.mask-shifted', wrong: 'output' } as const;

/** Every position looks at the one after it, too. */
export const maskOneLate: readonly Mutant[] = [
  ...inLayers(bug, ATTENTION, (network, layer) => withAttention(network, layer, { isMasked: (t, s) => s > t + 1 })),
  ...inLayers(bug, { rotary: 'masked' }, (network, layer) =>
    withOutput(network, layer, (out, { input }) =>
      out.forEach((_, at) => {
        const [t, s] = [Math.floor(at / ROTARY.T) % ROTARY.T, at % ROTARY.T];
        out[at] = s > t + 1 ? NEVER : input.data[at]!;
      }),
    ),
  ),
];
