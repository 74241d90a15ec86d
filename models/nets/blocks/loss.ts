import {
  binaryCrossEntropy,
  binaryCrossEntropyBackward,
  squaredError,
  squaredErrorBackward,
} from '../../layers/losses.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from '../../layers/softmax-cross-entropy.ts';
import { type Constant, get, type Layer, matrix, type Operator, zeros } from '../layer.ts';

/** The mean over the batch of the cross-entropy between softmax(logits) and whole-number targets. */
export function crossEntropy(name: string, logits: string, target: string): Layer {
  return {
    name,
    inputs: [logits, target],
    op: { type: 'SoftmaxCrossEntropyLoss', attributes: { reduction: 'mean' } },
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

type Loss = (loss: Float32Array, y: Float32Array, target: Float32Array, N: number) => void;
type LossBackward = (dy: Float32Array, dloss: Float32Array, y: Float32Array, target: Float32Array, N: number) => void;

function elementwise(
  name: string,
  [y, target]: readonly [string, string],
  op: readonly Operator[],
  loop: Loss,
  back: LossBackward,
): Layer {
  return {
    name,
    inputs: [y, target],
    op,
    forward({ input, inputs }) {
      const loss = new Float32Array(1);
      loop(loss, input.data, get(inputs, target).data, input.data.length);
      return { data: loss, shape: [] };
    },
    backward({ input, inputs, gradient }) {
      const dy = zeros(input);
      back(dy, gradient, input.data, get(inputs, target).data, dy.length);
      return { inputs: [dy, null] };
    },
  };
}

const ONE: Constant = { dtype: 'float32', shape: [], data: Float32Array.of(1) };

/** The mean over all elements of the cross-entropy between probabilities and targets in [0, 1]. */
export const binaryCrossEntropyLoss = (name: string, p: string, target: string): Layer =>
  elementwise(
    name,
    [p, target],
    [
      { type: 'Log', inputs: [p], outputs: ['ln p'] },
      { type: 'Mul', inputs: [target, 'ln p'], outputs: ['hit'] },
      { type: 'Sub', inputs: [ONE, p], outputs: ['1 - p'] },
      { type: 'Log', inputs: ['1 - p'], outputs: ['ln(1 - p)'] },
      { type: 'Sub', inputs: [ONE, target], outputs: ['1 - target'] },
      { type: 'Mul', inputs: ['1 - target', 'ln(1 - p)'], outputs: ['miss'] },
      { type: 'Add', inputs: ['hit', 'miss'], outputs: ['both'] },
      { type: 'ReduceMean', inputs: ['both'], attributes: { keepdims: 0 }, outputs: ['mean'] },
      { type: 'Neg', inputs: ['mean'] },
    ],
    binaryCrossEntropy,
    binaryCrossEntropyBackward,
  );

/** The mean over all elements of the squared difference. */
export const squaredErrorLoss = (name: string, y: string, target: string): Layer =>
  elementwise(
    name,
    [y, target],
    [
      { type: 'Sub', inputs: [y, target], outputs: ['difference'] },
      { type: 'Mul', inputs: ['difference', 'difference'], outputs: ['square'] },
      { type: 'ReduceMean', inputs: ['square'], attributes: { keepdims: 0 } },
    ],
    squaredError,
    squaredErrorBackward,
  );
