import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient of a concatenation is cut as if the second part came first: the first one gets the end. */
export const concatPartsSwappedBack: readonly Mutant[] = inLayers(
  { id: 'concat-parts-swapped-back', cause: 'gradient.fan-out', wrong: 'second input' },
  { unet: 'u2.cat' },
  (network, layer) =>
    withInputGradient(
      network,
      layer,
      (right, { output, gradient }) => {
        const [B, C, H, W] = image(output);
        const mine = right.length / B;
        return right.map((_, at) => gradient[Math.floor(at / mine) * C * H * W + (at % mine)]!);
      },
      1,
    ),
);
