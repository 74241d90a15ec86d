import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The bias is indexed by the row, as far as there are rows: by the example in a matrix, by the row of an image. */
export const biasByRow: readonly Mutant[] = inLayers(
  { id: 'bias-by-row', cause: 'bias.axis', wrong: 'output' },
  {
    mlp: 'fc1',
    lenet: 'conv1',
    resnet: 'stem',
    resnetTraining: 'head',
    unet: 'u2.conv',
    mobilenet: 'b1.project',
    autoencoder: 'd2.up',
  },
  (network, layer) =>
    withOutput(network, layer, (out, { parameters }, shape) => {
      const bias = parameters[`${layer}.bias`]!.data;
      const [O, W] = [shape[1]!, shape[3] ?? 1];
      const plane = out.length / (shape[0]! * O);
      for (let at = 0; at < out.length; at++) {
        const row = shape.length === 2 ? Math.floor(at / O) : Math.floor(at / W) % shape[2]!;
        out[at]! += bias[row % O]! - bias[Math.floor(at / plane) % O]!;
      }
    }),
);
