import { conv2dBackward } from '../layers/conv2d.ts';
import { image } from '../nets/layer.ts';
import { convOf } from './_convolution.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** What goes back to the input is spread by taps that lie side by side, where they should leave gaps. */
export const dilationIgnoredBack: readonly Mutant[] = inLayers(
  { id: 'dilation-ignored-back', cause: 'gradient.ignores-padding', wrong: 'input' },
  { unet: 'mid.conv', mobilenet: 'b1.dw' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, parameters, gradient }) => {
      const weight = parameters[`${layer}.weight`]!;
      const [[B, C, H, W], [O, , K, L]] = [image(input), image(weight)];
      const dx = right.map(() => 0);
      const conv = { ...convOf(network, layer), dilation: 1, padding: 1 };
      conv2dBackward(dx, weight.data.slice(), null, gradient, input.data, weight.data, B, C, H, W, O, K, L, conv);
      return dx;
    }),
);
