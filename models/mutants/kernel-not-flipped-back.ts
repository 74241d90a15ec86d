import { lenet } from '../twins/lenet.ts';
import { type Mutant, withLayer, withParameter } from './_mutant.ts';

/** The gradient of a convolution's input is gathered with the kernel as in the forward pass. */
export const kernelNotFlippedBack: Mutant = {
  id: 'kernel-not-flipped-back',
  cause: 'gradient.kernel-not-flipped',
  net: 'lenet',
  tensor: '/net/pool/MaxPool_output_0',
  direction: 'backward',
  make: () =>
    withLayer(lenet.make(), 'conv2', (right) => ({
      async backward(context) {
        const weight = context.parameters['conv2.weight']!.data;
        const turned = weight.map((_, i) => weight[i - (i % 9) + 8 - (i % 9)]!);
        const [{ inputs }, rest] = await Promise.all([
          right.backward!(withParameter(context, 'conv2.weight', turned)) as { inputs: Float32Array[] },
          right.backward!(context) as { inputs: Float32Array[] },
        ]);
        return { ...rest, inputs };
      },
    })),
};
