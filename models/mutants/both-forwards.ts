import type { NetworkTensor } from '../../adapters/network/index.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { layerOf } from './_sequence.ts';

/** The second direction runs from the first step to the last, as the first does. */
export const bothForwards: readonly Mutant[] = inLayers(
  { id: 'both-forwards', cause: 'recurrent.direction', wrong: 'output' },
  { bidirectional: 'lstm' },
  (network, layer) =>
    withOutput(network, layer, (out, context, shape) => {
      const [T, , B, H] = shape as [number, number, number, number];
      const reversed = (data: Float32Array, size: number) =>
        data.map((_, at) => data[(T - 1 - Math.floor(at / size)) * size + (at % size)]!);
      const { data: x, shape: sizes } = context.input;
      const input = { data: reversed(x, x.length / T), shape: sizes };
      // Of the sequence backwards, the direction that runs backwards runs forwards.
      const { data } = layerOf(network, layer).forward({ ...context, input, saved: {} }) as NetworkTensor;
      const other = reversed(data, 2 * B * H);
      out.forEach((_, at) => {
        if (Math.floor(at / (B * H)) % 2 === 1) out[at] = other[at]!;
      });
    }),
);
