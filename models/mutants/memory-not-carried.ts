import type { NetworkTensor } from '../../adapters/network/index.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { layerOf } from './_sequence.ts';

/** Every step begins with zeros, its state and its cell. */
export const memoryNotCarried: readonly Mutant[] = inLayers(
  { id: 'memory-not-carried', cause: 'recurrent.state-not-carried', wrong: 'output' },
  { lstm: 'lstm' },
  (network, layer) =>
    withOutput(network, layer, (out, context) => {
      const [B, T, I] = context.input.shape as [number, number, number];
      const H = out.length / (B * T);
      // Sequences of one step each.
      const input = { data: context.input.data, shape: [B * T, 1, I] };
      const { data } = layerOf(network, layer).forward({ ...context, input, saved: {} }) as NetworkTensor;
      out.set(data.subarray(0, B * T * H));
    }),
);
