import { inLayers, type Mutant, withLayer } from './_mutant.ts';

/** No gradient goes back through the state to the step before. */
export const memoryTruncated: readonly Mutant[] = inLayers(
  { id: 'memory-truncated', cause: 'recurrent.truncated', wrong: 'input' },
  { lstm: 'lstm' },
  (network, layer) =>
    withLayer(network, layer, (right) => ({
      backward(context) {
        const { shape } = context.input;
        const [B, T] = shape as [number, number];
        const shares = Array.from({ length: T }, (_, t) => {
          // Of one step's gradient, what arrives at that step's input.
          const gradient = context.gradient.map((d, at) =>
            Math.floor(at / (context.gradient.length / (B * T))) % T === t ? d : 0,
          );
          return right.backward!({ ...context, gradient }) as { inputs: readonly Float32Array[] };
        });
        const size = context.input.data.length / (B * T);
        const dx = context.input.data.map((_, at) => shares[Math.floor(at / size) % T]!.inputs[0]![at]!);
        return { ...(right.backward!(context) as object), inputs: [dx] };
      },
    })),
);
