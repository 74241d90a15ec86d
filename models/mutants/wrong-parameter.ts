import { inLayers, type Mutant, withLayer, withParameter } from './_mutant.ts';

/** A convolution uses the weight of the one before it, which has the same shape. */
export const wrongParameter: readonly Mutant[] = inLayers(
  { id: 'wrong-parameter', cause: 'wiring.wrong-source', wrong: 'output' },
  { resnet: 'b1.conv2', resnetTraining: 'b1.conv2' },
  (network, layer) =>
    withLayer(network, layer, (right) => ({
      forward: (context) =>
        right.forward(withParameter(context, `${layer}.weight`, context.parameters['b1.conv1.weight']!.data)),
    })),
);
