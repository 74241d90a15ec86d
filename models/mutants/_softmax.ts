import type { Network } from '../../adapters/network/index.ts';
import { withAttention } from './_attention.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

/** A softmax otherwise done, of so many rows of C scores. */
export type Softmax = (scores: Float32Array, rows: number, C: number) => Float32Array;

/** The same bug in the softmax of an attention, fused and by itself. */
export function inSoftmax(id: string, cause: string, wrong: Softmax): readonly Mutant[] {
  const bug = { id, cause, wrong: 'output' } as const;
  const fused = (network: Network, layer: string) =>
    withAttention(network, layer, { softmax: (scores, rows) => wrong(scores, rows, scores.length / rows) });
  const alone = (network: Network, layer: string) =>
    withOutput(network, layer, (out, { input }) => {
      const C = input.shape[input.shape.length - 1]!;
      out.set(wrong(input.data, out.length / C, C));
    });
  return [...inLayers(bug, ATTENTION, fused), ...inLayers(bug, { rotary: 'probabilities' }, alone)];
}
