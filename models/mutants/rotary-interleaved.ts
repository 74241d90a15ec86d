import { BASE } from '../nets/blocks/heads.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Numbers beside each other are turned together, as in the paper, and not those half a head apart. */
export const rotaryInterleaved: readonly Mutant[] = inLayers(
  { id: 'rotary-interleaved', cause: 'rope.pairing', wrong: 'output' },
  { rotary: 'q.rotated' },
  (network, layer) =>
    withOutput(network, layer, (out, { input: x }) => {
      const [T, S] = [x.shape[2]!, x.shape[3]!];
      for (let at = 0; at < out.length; at += 2) {
        const [t, i] = [Math.floor(at / S) % T, (at % S) / 2];
        const turn = t * BASE ** ((-2 * i) / S);
        const [a, b] = [x.data[at]!, x.data[at + 1]!];
        out[at] = a * Math.cos(turn) - b * Math.sin(turn);
        out[at + 1] = b * Math.cos(turn) + a * Math.sin(turn);
      }
    }),
);
