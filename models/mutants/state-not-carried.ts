import type { NetworkTensor } from '../../adapters/network/index.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { GRU, layerOf } from './_sequence.ts';

/** Every step begins with zeros. */
export const stateNotCarried: readonly Mutant[] = inLayers(
  { id: 'state-not-carried', cause: 'recurrent.state-not-carried', wrong: 'output' },
  GRU,
  (network, layer) =>
    withOutput(network, layer, (out, context) => {
      const { data, shape } = context.input;
      const [T, B, I] = shape as [number, number, number];
      const initial = context.inputs['initial']!;
      for (let t = 0; t < T; t++) {
        const input = { data: data.subarray(t * B * I, (t + 1) * B * I), shape: [1, B, I] };
        // The first step has the state that the network was given.
        const first = t === 0 ? initial : { ...initial, data: initial.data.map(() => 0) };
        const inputs = { tokens: input, initial: first };
        const step = layerOf(network, layer).forward({ ...context, input, inputs, saved: {} }) as NetworkTensor;
        out.set(step.data, (t * out.length) / T);
      }
    }),
);
