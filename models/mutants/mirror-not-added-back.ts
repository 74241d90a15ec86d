import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** On the way back the mirrored border is cut off: what belongs to the pixels that it showed is lost. */
export const mirrorNotAddedBack: readonly Mutant[] = inLayers(
  { id: 'mirror-not-added-back', cause: 'gradient.ignores-padding', wrong: 'input' },
  { autoencoder: 'pad' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, gradient }) => {
      const [, , H, W] = image(input);
      return right.map((_, at) => {
        const [w, h, plane] = [at % W, Math.floor(at / W) % H, Math.floor(at / (W * H))];
        return gradient[(plane * (H + 2) + h + 1) * (W + 2) + w + 1]!;
      });
    }),
);
