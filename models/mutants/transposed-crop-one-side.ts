import { type ConvTranspose, convTranspose2d, convTransposeSize } from '../layers/conv-transpose2d.ts';
import { SECOND_UP } from '../nets/autoencoder.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** What a transposed convolution should lose on both sides is all cut off at the end. */
export const transposedCropOneSide: readonly Mutant[] = inLayers(
  { id: 'transposed-crop-one-side', cause: 'conv.padding', wrong: 'output' },
  { autoencoder: 'd2.up' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, parameters }, shape) => {
      const [weight, bias] = [parameters[`${layer}.weight`]!, parameters[`${layer}.bias`]!.data];
      const [[B, C, H, W], [, O, K, L]] = [image(input), image(weight)];
      const whole: ConvTranspose = { ...SECOND_UP, padding: 0 };
      const [P, Q] = [convTransposeSize(H, K, whole), convTransposeSize(W, L, whole)];
      const all = new Float32Array(B * O * P * Q);
      convTranspose2d(all, input.data, weight.data, bias, B, C, H, W, O, K, L, whole);
      for (let at = 0; at < out.length; at++) {
        const [q, p] = [at % shape[3]!, Math.floor(at / shape[3]!) % shape[2]!];
        const plane = Math.floor(at / (shape[3]! * shape[2]!));
        out[at] = all[(plane * P + p) * Q + q]!;
      }
    }),
);
