import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The result is written with its channels last, and read as if they came first. */
export const writtenChannelsLast: readonly Mutant[] = inLayers(
  { id: 'written-channels-last', cause: 'axes.permuted', wrong: 'output' },
  CONVOLUTION,
  (network, layer) =>
    withOutput(network, layer, (out, _, [, C, H, W]) => {
      const [right, plane] = [out.slice(), H! * W!];
      right.forEach((x, at) => {
        const [i, c, b] = [at % plane, Math.floor(at / plane) % C!, Math.floor(at / (plane * C!))];
        out[(b * plane + i) * C! + c] = x;
      });
    }),
);
