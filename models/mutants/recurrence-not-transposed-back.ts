import { inLayers, type Mutant, withLayer, withParameter } from './_mutant.ts';

/** The gradient goes back to the state before by the recurrence as it is, not by its transpose. */
export const recurrenceNotTransposedBack: readonly Mutant[] = inLayers(
  { id: 'recurrence-not-transposed-back', cause: 'gradient.weight-not-transposed', wrong: 'input' },
  { lstm: 'lstm', gru: 'gru' },
  (network, layer) =>
    withLayer(network, layer, (right) => ({
      backward(context) {
        const recurrence = context.parameters[`${layer}.recurrence`]!;
        const H = recurrence.shape[2]!;
        // Each gate's block is a square.
        const turned = recurrence.data.map((_, at) => {
          const [j, i, from] = [at % H, Math.floor(at / H) % H, at - (at % (H * H))];
          return recurrence.data[from + j * H + i]!;
        });
        const misread = withParameter(context, `${layer}.recurrence`, turned);
        const { inputs } = right.backward!(misread) as { inputs: readonly Float32Array[] };
        const rest = right.backward!(context) as { inputs: readonly Float32Array[] };
        return { ...rest, inputs: [inputs[0]!, ...rest.inputs.slice(1)] };
      },
    })),
);
