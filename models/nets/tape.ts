import { relu, reluBackward } from '../layers/activations.ts';
import { add, addBackward } from '../layers/add.ts';
import { type Conv, conv2d, conv2dBackward, convSize } from '../layers/conv2d.ts';
import { globalAveragePool, globalAveragePoolBackward } from '../layers/global-average-pool.ts';
import { linear, linearBackward } from '../layers/linear.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from '../layers/softmax-cross-entropy.ts';
import { get, image, matrix, type Tensor } from './layer.ts';

/** A tensor and its gradient, which begins at zero and is added to by every use. */
export interface Variable extends Tensor {
  readonly name: string;
  readonly grad: Float32Array;
}

/** The loops that a tape plays; a faulty one can be put in a right one's place. */
export const LOOPS = { relu, reluBackward, add, addBackward, conv2d, conv2dBackward, linear, linearBackward };

/** Each operation computes at once, and puts its way back on the tape. */
export function startTape(parameters: { readonly [name: string]: Tensor }, loops: typeof LOOPS = LOOPS) {
  const variables = new Map<string, Variable>();
  const undo: (() => void)[] = [];
  const variable = (name: string, shape: readonly number[], data?: Float32Array): Variable => {
    const size = shape.reduce((a, b) => a * b, 1);
    const made = { name, shape, data: data ?? new Float32Array(size), grad: new Float32Array(size) };
    variables.set(name, made);
    return made;
  };
  const parameter = (name: string): Variable => {
    const { data, shape } = get(parameters, name);
    return variables.get(name) ?? variable(name, shape, data);
  };

  return {
    variables,
    variable,
    convolution(name: string, x: Variable, conv: Conv, biased = true): Variable {
      const weight = parameter(`${name}.weight`);
      const bias = biased ? parameter(`${name}.bias`) : null;
      const [[B, C, H, W], [O, , K, L]] = [image(x), image(weight)];
      const y = variable(name, [B, O, convSize(H, K, conv), convSize(W, L, conv)]);
      loops.conv2d(y.data, x.data, weight.data, bias && bias.data, B, C, H, W, O, K, L, conv);
      const grads = [x.grad, weight.grad, bias && bias.grad] as const;
      undo.push(() => loops.conv2dBackward(...grads, y.grad, x.data, weight.data, B, C, H, W, O, K, L, conv));
      return y;
    },
    relu(name: string, x: Variable): Variable {
      const y = variable(name, x.shape);
      loops.relu(y.data, x.data, y.data.length);
      undo.push(() => loops.reluBackward(x.grad, y.grad, x.data, y.data.length));
      return y;
    },
    add(name: string, a: Variable, b: Variable): Variable {
      const y = variable(name, a.shape);
      loops.add(y.data, a.data, b.data, y.data.length);
      undo.push(() => loops.addBackward(a.grad, b.grad, y.grad, y.data.length));
      return y;
    },
    averagePool(name: string, x: Variable): Variable {
      const [B, C, H, W] = image(x);
      const y = variable(name, [B, C]);
      globalAveragePool(y.data, x.data, B, C, H, W);
      undo.push(() => globalAveragePoolBackward(x.grad, y.grad, B, C, H, W));
      return y;
    },
    linear(name: string, x: Variable): Variable {
      const [weight, bias] = [parameter(`${name}.weight`), parameter(`${name}.bias`)];
      const [[B, I], [O]] = [matrix(x), matrix(weight)];
      const y = variable(name, [B, O]);
      loops.linear(y.data, x.data, weight.data, bias.data, B, I, O);
      undo.push(() => loops.linearBackward(x.grad, weight.grad, bias.grad, y.grad, x.data, weight.data, B, I, O));
      return y;
    },
    loss(name: string, logits: Variable, target: Tensor): Variable {
      const [B, C] = matrix(logits);
      const [y, probabilities] = [variable(name, []), new Float32Array(B * C)];
      softmaxCrossEntropy(y.data, probabilities, logits.data, target.data, B, C);
      undo.push(() => softmaxCrossEntropyBackward(logits.grad, y.grad, probabilities, target.data, B, C));
      return y;
    },
    /** Plays the tape back from the loss. */
    backward(loss: Variable): void {
      loss.grad[0] = 1;
      for (const step of undo.toReversed()) step();
    },
  };
}
