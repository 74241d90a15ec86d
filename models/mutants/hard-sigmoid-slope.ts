import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** x / 5 + ½, ONNX's default, where the network has x / 6 + ½. */
export const hardSigmoidSlope: readonly Mutant[] = inLayers(
  { id: 'hard-sigmoid-slope', cause: 'activation.constant', wrong: 'output' },
  { mobilenet: 'b1.se.gate' },
  (network, layer) => withFunction(network, layer, (x) => Math.max(0, Math.min(1, 0.2 * x + 0.5))),
);
