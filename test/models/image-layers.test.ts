import { describe, expect, it } from '@jest/globals';
import { concat, concatBackward } from '../../models/layers/concat.ts';
import {
  type ConvTranspose,
  convTranspose2d,
  convTranspose2dBackward,
  convTransposeSize,
} from '../../models/layers/conv-transpose2d.ts';
import { elu, eluBackward, prelu, preluBackward } from '../../models/layers/elu.ts';
import * as gate from '../../models/layers/gates.ts';
import { groupnorm, groupnormBackward, groupStatistics } from '../../models/layers/groupnorm.ts';
import * as loss from '../../models/layers/losses.ts';
import { padReflect, padReflectBackward } from '../../models/layers/pad.ts';
import { avgpool, avgpoolBackward, poolSize } from '../../models/layers/pool.ts';
import * as resize from '../../models/layers/resize.ts';
import { scaleChannels, scaleChannelsBackward } from '../../models/layers/scale-channels.ts';
import { type Array64, type Case, describeLoops, random, zeros } from './loops.ts';

const [B, C, H, W] = [3, 6, 5, 7];
const plane = H * W;
const image = () => random(B * C * plane);

const transposedCase = (conv: ConvTranspose, O: number, K: number, L: number): Case => {
  const [x, weight, bias] = [image(), random((C * O * K * L) / conv.groups), random(O)];
  return {
    name: `convTranspose2d ${K}×${L}, ${JSON.stringify(conv)}`,
    wrt: [x, weight, bias],
    size: B * O * convTransposeSize(H, K, conv) * convTransposeSize(W, L, conv),
    forward: (out) => convTranspose2d(out, x, weight, bias, B, C, H, W, O, K, L, conv),
    backward: ([dx, dw, db], dout) =>
      convTranspose2dBackward(dx!, dw!, db!, dout, x, weight, B, C, H, W, O, K, L, conv),
  };
};

const groupCase = (G: number): Case => {
  const [x, weight, bias, mean, rstd] = [image(), random(C), random(C), zeros(B * G), zeros(B * G)];
  return {
    name: `groupnorm of ${G} groups`,
    wrt: [x, weight, bias],
    size: x.length,
    forward(out) {
      groupStatistics(mean, rstd, x, 1e-5, G, B, C, H, W);
      groupnorm(out, x, mean, rstd, weight, bias, G, B, C, H, W);
    },
    backward: ([dx, dw, db], dout) => groupnormBackward(dx!, dw!, db!, dout, x, mean, rstd, weight, G, B, C, H, W),
  };
};

const resizeCase = (way: 'Bilinear' | 'Nearest', P: number, Q: number): Case => {
  const x = image();
  return {
    name: `resize${way} to ${P}×${Q}`,
    wrt: [x],
    size: B * C * P * Q,
    forward: (out) => resize[`resize${way}`](out, x, B, C, H, W, P, Q),
    backward: ([dx], dout) => resize[`resize${way}Backward`](dx!, dout, B, C, H, W, P, Q),
  };
};

const concatCase = (): Case => {
  const [a, b] = [random(B * 2 * plane), random(B * 3 * plane)];
  return {
    name: 'concat',
    wrt: [a, b],
    size: B * 5 * plane,
    forward: (out) => concat(out, a, b, B, 2, 3, plane),
    backward: ([da, db], dout) => concatBackward(da!, db!, dout, B, 2, 3, plane),
  };
};

const scaleCase = (): Case => {
  const [x, scale] = [image(), random(B * C)];
  return {
    name: 'scaleChannels',
    wrt: [x, scale],
    size: x.length,
    forward: (out) => scaleChannels(out, x, scale, B, C, plane),
    backward: ([dx, ds], dout) => scaleChannelsBackward(dx!, ds!, dout, x, scale, B, C, plane),
  };
};

const preluCase = (): Case => {
  const [x, slope] = [image(), random(C)];
  return {
    name: 'prelu',
    wrt: [x, slope],
    size: x.length,
    forward: (out) => prelu(out, x, slope, B, C, plane),
    backward: ([dx, ds], dout) => preluBackward(dx!, ds!, dout, x, slope, B, C, plane),
  };
};

const padCase = (): Case => {
  const x = image();
  return {
    name: 'padReflect',
    wrt: [x],
    size: B * C * (H + 4) * (W + 4),
    forward: (out) => padReflect(out, x, 2, B, C, H, W),
    backward: ([dx], dout) => padReflectBackward(dx!, dout, 2, B, C, H, W),
  };
};

const averageCase = (): Case => {
  const [x, pool] = [image(), { size: 3, stride: 2, padding: 1, countsPadding: true }];
  return {
    name: 'avgpool that counts its padding',
    wrt: [x],
    size: B * C * poolSize(H, pool) * poolSize(W, pool),
    forward: (out) => avgpool(out, x, B, C, H, W, pool),
    backward: ([dx], dout) => avgpoolBackward(dx!, dout, B, C, H, W, pool),
  };
};

type Loop = (out: Array64, x: Array64, N: number) => void;
const pointwise = (
  name: string,
  loop: Loop,
  back: (dx: Array64, dout: Array64, x: Array64, N: number) => void,
): Case => {
  const x = random(53).map((each) => 8 * each);
  return {
    name,
    wrt: [x],
    size: 53,
    forward: (out) => loop(out, x, 53),
    backward: ([dx], dout) => back(dx!, dout, x, 53),
  };
};

const lossCase = (name: 'binaryCrossEntropy' | 'squaredError'): Case => {
  const [p, target] = [random(31).map((x) => 0.5 + 0.4 * x), random(31).map((x) => 0.5 + 0.5 * x)];
  return {
    name,
    wrt: [p],
    size: 1,
    forward: (out) => loss[name](out, p, target, 31),
    backward: ([dp], dout) => loss[`${name}Backward`](dp!, dout, p, target, 31),
  };
};

describeLoops([
  transposedCase({ stride: 2, padding: 1, outputPadding: 1, dilation: 1, groups: 2 }, 4, 3, 3),
  transposedCase({ stride: 3, padding: 0, outputPadding: 0, dilation: 2, groups: 1 }, 2, 2, 3),
  groupCase(1),
  groupCase(2),
  groupCase(C),
  resizeCase('Bilinear', 11, 13),
  resizeCase('Bilinear', 3, 4),
  resizeCase('Nearest', 11, 13),
  resizeCase('Nearest', 3, 4),
  concatCase(),
  scaleCase(),
  preluCase(),
  padCase(),
  averageCase(),
  pointwise('silu', gate.silu, gate.siluBackward),
  pointwise('hardSigmoid', gate.hardSigmoid, gate.hardSigmoidBackward),
  pointwise('hardSwish', gate.hardSwish, gate.hardSwishBackward),
  pointwise('relu6', gate.relu6, gate.relu6Backward),
  pointwise(
    'elu',
    (out, x, N) => elu(out, x, 0.7, N),
    (dx, dout, x, N) => eluBackward(dx, dout, x, 0.7, N),
  ),
  lossCase('binaryCrossEntropy'),
  lossCase('squaredError'),
]);

describe('forward', () => {
  it('is what a hand can work out', () => {
    const [nine, two] = [new Float32Array(9), new Float32Array(2)];
    const once = { stride: 2, padding: 0, outputPadding: 0, dilation: 1, groups: 1 };
    convTranspose2d(nine, Float32Array.of(1, 2, 3, 4), Float32Array.of(1), null, 1, 1, 2, 2, 1, 1, 1, once);
    expect([...nine]).toEqual([1, 0, 2, 0, 0, 0, 3, 0, 4]);
    const four = new Float32Array(4);
    resize.resizeBilinear(four, Float32Array.of(0, 4), 1, 1, 1, 2, 1, 4);
    expect([...four]).toEqual([0, 1, 3, 4]);
    resize.resizeNearest(four, Float32Array.of(5, 7), 1, 1, 1, 2, 1, 4);
    expect([...four]).toEqual([5, 5, 7, 7]);
    const eight = new Float32Array(28);
    padReflect(eight, Float32Array.of(1, 2, 3, 4, 5, 6), 1, 1, 1, 2, 3);
    expect([...eight.subarray(0, 20)]).toEqual([5, 4, 5, 6, 5, 2, 1, 2, 3, 2, 5, 4, 5, 6, 5, 2, 1, 2, 3, 2]);
    concat(four, Float32Array.of(1, 2), Float32Array.of(3, 4), 2, 1, 1, 1);
    expect([...four]).toEqual([1, 3, 2, 4]);
    groupStatistics(two, four, Float32Array.of(1, 3, 5, 9), 0, 2, 1, 2, 1, 2);
    expect([...two, ...four.subarray(0, 2)]).toEqual([2, 7, 1, 0.5]);
    gate.hardSwish(four, Float32Array.of(-4, 0, 3, 1.5), 4);
    expect([...four]).toEqual([-0, 0, 3, 1.125]);
    loss.squaredError(two, Float32Array.of(1, 5), Float32Array.of(0, 2), 2);
    expect(two[0]).toBe(5);
  });
});
