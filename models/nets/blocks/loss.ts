import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from '../../layers/softmax-cross-entropy.ts';
import { get, type Layer, matrix, zeros } from '../layer.ts';

/** The mean over the batch of the cross-entropy between softmax(logits) and whole-number targets. */
export function crossEntropy(name: string, logits: string, target: string): Layer {
  return {
    name,
    inputs: [logits, target],
    forward({ input, inputs, saved }) {
      const [B, C] = matrix(input);
      const [loss, probabilities] = [new Float32Array(1), zeros(input)];
      softmaxCrossEntropy(loss, probabilities, input.data, get(inputs, target).data, B, C);
      saved['probabilities'] = probabilities;
      return { data: loss, shape: [] };
    },
    backward({ input, inputs, saved, gradient }) {
      const [B, C] = matrix(input);
      const dlogits = zeros(input);
      softmaxCrossEntropyBackward(dlogits, gradient, saved['probabilities']!, get(inputs, target).data, B, C);
      return { inputs: [dlogits, null] };
    },
  };
}
