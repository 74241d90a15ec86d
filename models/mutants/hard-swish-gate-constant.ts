import { hardSigmoid } from '../layers/gates.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The derivative of a hard swish forgets that its gate depends on x. */
export const hardSwishGateConstant: readonly Mutant[] = inLayers(
  { id: 'hard-swish-gate-constant', cause: 'gradient.derivative-wrong', wrong: 'input' },
  { mobilenet: 'b2.act' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, gradient }) => {
      const gate = right.slice();
      hardSigmoid(gate, input.data, gate.length);
      return gradient.map((d, i) => d * gate[i]!);
    }),
);
