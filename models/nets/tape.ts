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

/** What was computed, and the way back. */
export interface Tape {
  readonly parameters: { readonly [name: string]: Tensor };
  readonly loops: typeof LOOPS;
  readonly variables: Map<string, Variable>;
  readonly undo: (() => void)[];
}

export function startTape(parameters: Tape['parameters'], loops: typeof LOOPS = LOOPS): Tape {
  return { parameters, loops, variables: new Map(), undo: [] };
}

export function variable(tape: Tape, name: string, shape: readonly number[], data?: Float32Array): Variable {
  const size = shape.reduce((a, b) => a * b, 1);
  const made = { name, shape, data: data ?? new Float32Array(size), grad: new Float32Array(size) };
  tape.variables.set(name, made);
  return made;
}

function parameter(tape: Tape, name: string): Variable {
  const { data, shape } = get(tape.parameters, name);
  return tape.variables.get(name) ?? variable(tape, name, shape, data);
}

// Each operation computes at once, and puts its way back on the tape.

export function convolution(tape: Tape, name: string, x: Variable, conv: Conv, biased = true): Variable {
  const weight = parameter(tape, `${name}.weight`);
  const bias = biased ? parameter(tape, `${name}.bias`) : null;
  const [[B, C, H, W], [O, , K, L]] = [image(x), image(weight)];
  const y = variable(tape, name, [B, O, convSize(H, K, conv), convSize(W, L, conv)]);
  tape.loops.conv2d(y.data, x.data, weight.data, bias && bias.data, B, C, H, W, O, K, L, conv);
  const grads = [x.grad, weight.grad, bias && bias.grad] as const;
  tape.undo.push(() => tape.loops.conv2dBackward(...grads, y.grad, x.data, weight.data, B, C, H, W, O, K, L, conv));
  return y;
}

export function rectified(tape: Tape, name: string, x: Variable): Variable {
  const y = variable(tape, name, x.shape);
  tape.loops.relu(y.data, x.data, y.data.length);
  tape.undo.push(() => tape.loops.reluBackward(x.grad, y.grad, x.data, y.data.length));
  return y;
}

export function sum(tape: Tape, name: string, a: Variable, b: Variable): Variable {
  const y = variable(tape, name, a.shape);
  tape.loops.add(y.data, a.data, b.data, y.data.length);
  tape.undo.push(() => tape.loops.addBackward(a.grad, b.grad, y.grad, y.data.length));
  return y;
}

/** [B, C, H, W] → [B, C] */
export function averaged(tape: Tape, name: string, x: Variable): Variable {
  const [B, C, H, W] = image(x);
  const y = variable(tape, name, [B, C]);
  globalAveragePool(y.data, x.data, B, C, H, W);
  tape.undo.push(() => globalAveragePoolBackward(x.grad, y.grad, B, C, H, W));
  return y;
}

export function connected(tape: Tape, name: string, x: Variable): Variable {
  const [weight, bias] = [parameter(tape, `${name}.weight`), parameter(tape, `${name}.bias`)];
  const [[B, I], [O]] = [matrix(x), matrix(weight)];
  const y = variable(tape, name, [B, O]);
  tape.loops.linear(y.data, x.data, weight.data, bias.data, B, I, O);
  const grads = [x.grad, weight.grad, bias.grad] as const;
  tape.undo.push(() => tape.loops.linearBackward(...grads, y.grad, x.data, weight.data, B, I, O));
  return y;
}

export function crossEntropyLoss(tape: Tape, name: string, logits: Variable, target: Tensor): Variable {
  const [B, C] = matrix(logits);
  const [y, probabilities] = [variable(tape, name, []), new Float32Array(B * C)];
  softmaxCrossEntropy(y.data, probabilities, logits.data, target.data, B, C);
  tape.undo.push(() => softmaxCrossEntropyBackward(logits.grad, y.grad, probabilities, target.data, B, C));
  return y;
}

/** Plays the tape back from the loss. */
export function playBack(tape: Tape, loss: Variable): void {
  loss.grad[0] = 1;
  for (const step of tape.undo.toReversed()) step();
}
