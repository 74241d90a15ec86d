import { inLayers, type Mutant, withLayer } from './_mutant.ts';
import { GRU } from './_sequence.ts';

/** No gradient goes back through the state to the step before. */
export const stateTruncated: readonly Mutant[] = inLayers(
  { id: 'state-truncated', cause: 'recurrent.truncated', wrong: 'input' },
  GRU,
  (network, layer) =>
    withLayer(network, layer, (right) => ({
      backward(context) {
        const T = context.input.shape[0]!;
        const [size, width] = [context.input.data.length / T, context.gradient.length / T];
        const dx = context.input.data.slice();
        for (let t = 0; t < T; t++) {
          const gradient = context.gradient.map((d, at) => (Math.floor(at / width) === t ? d : 0));
          const { inputs } = right.backward!({ ...context, gradient }) as { inputs: readonly Float32Array[] };
          dx.set(inputs[0]!.subarray(t * size, (t + 1) * size), t * size);
        }
        const { inputs, ...rest } = right.backward!(context) as { inputs: readonly Float32Array[] };
        return { ...rest, inputs: [dx, inputs[1]] };
      },
    })),
);
