import { describe, expect, it } from '@jest/globals';
import * as act from '../../models/layers/activations.ts';
import { add, addBackward } from '../../models/layers/add.ts';
import * as norm from '../../models/layers/batchnorm.ts';
import { conv2d, conv2dBackward, convSize } from '../../models/layers/conv2d.ts';
import { flatten, flattenBackward } from '../../models/layers/flatten.ts';
import { globalAveragePool, globalAveragePoolBackward } from '../../models/layers/global-average-pool.ts';
import { linear, linearBackward } from '../../models/layers/linear.ts';
import { avgpool, avgpoolBackward, maxpool, maxpoolBackward, poolSize } from '../../models/layers/pool.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from '../../models/layers/softmax-cross-entropy.ts';
import { type Array64, type Case, describeLoops, random, zeros } from './loops.ts';

const [B, C, H, W, O] = [3, 4, 7, 5, 6];
const image = () => random(B * C * H * W);
const convCase = (K: number, L: number, stride: number, padding: number, dilation: number, groups: number): Case => {
  const conv = { stride, padding, dilation, groups };
  const [x, weight, bias] = [image(), random((O * C * K * L) / groups), random(O)];
  const size = B * O * convSize(H, K, conv) * convSize(W, L, conv);
  return {
    name: `conv2d ${K}×${L}, stride ${stride}, padding ${padding}, dilation ${dilation}, groups ${groups}`,
    wrt: [x, weight, bias],
    size,
    forward: (out) => conv2d(out, x, weight, bias, B, C, H, W, O, K, L, conv),
    backward: ([dx, dw, db], dout) => conv2dBackward(dx!, dw!, db!, dout, x, weight, B, C, H, W, O, K, L, conv),
  };
};

const pointwise = (
  name: string,
  loop: (out: Array64, x: Array64, N: number) => void,
  back: (dx: Array64, dout: Array64, x: Array64, out: Array64, N: number) => void,
): Case => {
  const x = random(53);
  return {
    name,
    wrt: [x],
    size: 53,
    forward: (out) => loop(out, x, 53),
    backward: ([dx], dout, out) => back(dx!, dout, x, out, 53),
  };
};

const poolCase = (kind: 'max' | 'avg', size: number, stride: number, padding: number): Case => {
  const pool = { size, stride, padding };
  const [x, n] = [image(), B * C * poolSize(H, pool) * poolSize(W, pool)];
  const argmax = zeros(n);
  return {
    name: `${kind}pool of ${size}, stride ${stride}, padding ${padding}`,
    wrt: [x],
    size: n,
    forward: (out) => (kind === 'max' ? maxpool(out, argmax, x, B, C, H, W, pool) : avgpool(out, x, B, C, H, W, pool)),
    backward: ([dx], dout) =>
      kind === 'max' ? maxpoolBackward(dx!, dout, argmax) : avgpoolBackward(dx!, dout, B, C, H, W, pool),
  };
};

const normCase = (training: boolean): Case => {
  const [x, weight, bias, mean, rstd] = [image(), random(C), random(C), random(C), zeros(C)];
  const variance = random(C).map((v) => v * v + 0.1);
  const back = training ? norm.batchnormTrainingBackward : norm.batchnormEvaluationBackward;
  return {
    name: `batchnorm in ${training ? 'training' : 'evaluation'}`,
    wrt: [x, weight, bias],
    size: x.length,
    forward(out) {
      if (training) norm.batchStatistics(mean, rstd, x, 1e-5, B, C, H, W);
      else norm.runningStatistics(rstd, variance, 1e-5, C);
      norm.batchnorm(out, x, mean, rstd, weight, bias, B, C, H, W);
    },
    backward: ([dx, dw, db], dout) => back(dx!, dw!, db!, dout, x, mean, rstd, weight, B, C, H, W),
  };
};

const linearCase = (): Case => {
  const [x, weight, bias] = [random(B * 7), random(5 * 7), random(5)];
  return {
    name: 'linear',
    wrt: [x, weight, bias],
    size: B * 5,
    forward: (out) => linear(out, x, weight, bias, B, 7, 5),
    backward: ([dx, dw, db], dout) => linearBackward(dx!, dw!, db!, dout, x, weight, B, 7, 5),
  };
};

const addCase = (): Case => {
  const [a, b] = [random(31), random(31)];
  return {
    name: 'add',
    wrt: [a, b],
    size: 31,
    forward: (out) => add(out, a, b, 31),
    backward: ([da, db], dout) => addBackward(da!, db!, dout, 31),
  };
};

const globalCase = (): Case => {
  const x = image();
  return {
    name: 'globalAveragePool',
    wrt: [x],
    size: B * C,
    forward: (out) => globalAveragePool(out, x, B, C, H, W),
    backward: ([dx], dout) => globalAveragePoolBackward(dx!, dout, B, C, H, W),
  };
};

const lossCase = (): Case => {
  const [logits, target, probabilities] = [random(B * 7).map((x) => 5 * x), zeros(B), zeros(B * 7)];
  target.set([6, 0, 3]);
  return {
    name: 'softmaxCrossEntropy',
    wrt: [logits],
    size: 1,
    forward: (out) => softmaxCrossEntropy(out, probabilities, logits, target, B, 7),
    backward: ([d], dout) => softmaxCrossEntropyBackward(d!, dout, probabilities, target, B, 7),
  };
};

const CASES: readonly Case[] = [
  linearCase(),
  convCase(3, 3, 1, 1, 1, 1),
  convCase(3, 2, 2, 1, 1, 1),
  convCase(2, 3, 1, 2, 2, 1),
  convCase(3, 3, 2, 0, 1, 2),
  poolCase('max', 2, 2, 0),
  poolCase('max', 3, 2, 1),
  poolCase('avg', 2, 2, 0),
  poolCase('avg', 3, 1, 1),
  globalCase(),
  pointwise('relu', act.relu, (dx, dout, x, _, N) => act.reluBackward(dx, dout, x, N)),
  pointwise(
    'leakyRelu',
    (out, x, N) => act.leakyRelu(out, x, 0.01, N),
    (dx, dout, x, _, N) => act.leakyReluBackward(dx, dout, x, 0.01, N),
  ),
  pointwise('sigmoid', act.sigmoid, (dx, dout, _, out, N) => act.sigmoidBackward(dx, dout, out, N)),
  pointwise('tanh', act.tanh, (dx, dout, _, out, N) => act.tanhBackward(dx, dout, out, N)),
  pointwise('flatten', flatten, (dx, dout, _, __, N) => flattenBackward(dx, dout, N)),
  addCase(),
  lossCase(),
  normCase(true),
  normCase(false),
];

describeLoops(CASES);

describe('forward', () => {
  it('is what a hand can work out', () => {
    const out = new Float32Array(4);
    conv2d(
      out,
      Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9),
      Float32Array.of(1, 0, 0, -1),
      Float32Array.of(10),
      1,
      1,
      3,
      3,
      1,
      2,
      2,
      {
        stride: 1,
        padding: 0,
        dilation: 1,
        groups: 1,
      },
    );
    expect([...out]).toEqual([6, 6, 6, 6]);
    const [y, where] = [new Float32Array(1), new Float32Array(1)];
    maxpool(y, where, Float32Array.of(-3, -1, -2, -1), 1, 1, 2, 2, { size: 2, stride: 2, padding: 0 });
    expect([y[0], where[0]]).toEqual([-1, 1]);
    avgpool(y, Float32Array.of(-3, -1, -2, -2), 1, 1, 2, 2, { size: 2, stride: 2, padding: 0 });
    expect(y[0]).toBe(-2);
    linear(y, Float32Array.of(2, 3), Float32Array.of(5, 7), Float32Array.of(1), 1, 2, 1);
    expect(y[0]).toBe(32);
    act.leakyRelu(out, Float32Array.of(-2, 0, 3, -4), 0.5, 4);
    expect([...out]).toEqual([-1, 0, 3, -2]);
  });

  it('does not overflow where the formula would: sigmoid and softmax of large numbers', () => {
    const out = new Float32Array(4);
    act.sigmoid(out, Float32Array.of(-200, 200, -0, 0), 4);
    expect([...out.subarray(1)]).toEqual([1, 0.5, 0.5]);
    expect(out[0]).toBeLessThan(1e-38);
    const [loss, p] = [new Float32Array(1), new Float32Array(2)];
    softmaxCrossEntropy(loss, p, Float32Array.of(1000, 0), Float32Array.of(0), 1, 2);
    expect([loss[0], ...p]).toEqual([0, 1, 0]);
  });

  it('pools with padding as with minus infinity, and averages over what is inside only', () => {
    const x = Float32Array.of(-1, -2, -3, -4);
    const [out, where] = [new Float32Array(9), new Float32Array(9)];
    maxpool(out, where, x, 1, 1, 2, 2, { size: 2, stride: 1, padding: 1 });
    expect([...out]).toEqual([-1, -1, -2, -1, -1, -2, -3, -3, -4]);
    avgpool(out, x, 1, 1, 2, 2, { size: 2, stride: 1, padding: 1 });
    expect([...out]).toEqual([-1, -1.5, -2, -2, -2.5, -3, -3, -3.5, -4]);
  });
});
