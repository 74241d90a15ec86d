import { BASE } from '../nets/blocks/heads.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Positions are counted from 1. */
export const rotaryOneLate: readonly Mutant[] = inLayers(
  { id: 'rotary-one-late', cause: 'position.offset', wrong: 'output' },
  { rotary: 'k.rotated' },
  (network, layer) =>
    withOutput(network, layer, (out, { input: x }) => {
      const [T, S] = [x.shape[2]!, x.shape[3]!];
      const half = S / 2;
      out.forEach((_, at) => {
        const i = at % S;
        const turn = ((Math.floor(at / S) % T) + 1) * BASE ** (-(i % half) / half);
        const other = i < half ? -x.data[at + half]! : x.data[at - half]!;
        out[at] = x.data[at]! * Math.cos(turn) + other * Math.sin(turn);
      });
    }),
);
