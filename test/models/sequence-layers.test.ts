import { describe, expect, it } from '@jest/globals';
import { type Attention, attention, attentionBackward } from '../../models/layers/attention.ts';
import { embedding, embeddingBackward } from '../../models/layers/embedding.ts';
import { erf, gelu, geluBackward } from '../../models/layers/gelu.ts';
import { gru, gruBackward } from '../../models/layers/gru.ts';
import { layernorm, layernormBackward } from '../../models/layers/layernorm.ts';
import { lstm, lstmBackward } from '../../models/layers/lstm.ts';
import { matmul, matmulBackward } from '../../models/layers/matmul.ts';
import { projection, projectionBackward } from '../../models/layers/projection.ts';
import { rmsnorm, rmsnormBackward } from '../../models/layers/rmsnorm.ts';
import { rotary, rotaryBackward } from '../../models/layers/rotary.ts';
import { softmax, softmaxBackward } from '../../models/layers/softmax.ts';
import { exchange, exchangeBackward } from '../../models/layers/transpose.ts';
import { type Array64, type Case, describeLoops, random, zeros } from './loops.ts';

const [T, B, I, H] = [5, 3, 4, 2];

const lstmCase = (reverse: boolean): Case => {
  const [x, weight, recurrence, bias] = [random(T * B * I), random(4 * H * I), random(4 * H * H), random(8 * H)];
  const [cells, gates] = [zeros(T * B * H), zeros(T * B * 4 * H)];
  const sizes = { T, B, I, H, reverse };
  return {
    name: `lstm ${reverse ? 'backwards' : 'forwards'} in time`,
    wrt: [x, weight, recurrence, bias],
    size: T * B * H,
    forward: (out) => lstm(out, cells, gates, x, weight, recurrence, bias, sizes),
    backward: ([dx, dw, dr, db], dout, out) =>
      lstmBackward(dx!, dw!, dr!, db!, dout, out, cells, gates, x, weight, recurrence, sizes),
  };
};

const gruCase = (linearBeforeReset: boolean): Case => {
  const [x, initial, weight, recurrence] = [random(T * B * I), random(B * H), random(3 * H * I), random(3 * H * H)];
  const [bias, gates, recurrent] = [random(6 * H), zeros(T * B * 3 * H), zeros(T * B * H)];
  const sizes = { T, B, I, H, linearBeforeReset };
  return {
    name: `gru with its reset ${linearBeforeReset ? 'after' : 'before'} the recurrent product`,
    wrt: [x, initial, weight, recurrence, bias],
    size: T * B * H,
    forward: (out) => gru(out, gates, recurrent, x, initial, weight, recurrence, bias, sizes),
    backward: ([dx, dh, dw, dr, db], dout, out) =>
      gruBackward(dx!, dh!, dw!, dr!, db!, dout, out, gates, recurrent, x, initial, weight, recurrence, sizes),
  };
};

const attentionCase = (reach: number): Case => {
  const [heads, D] = [2, 6];
  const [q, k, v, p] = [random(B * T * D), random(B * T * D), random(B * T * D), zeros(B * heads * T * T)];
  const how: Attention = { heads, scale: 0.7, reach };
  return {
    name: `attention that reaches ${reach} steps ahead`,
    wrt: [q, k, v],
    size: B * T * D,
    forward: (out) => attention(out, p, q, k, v, B, T, D, how),
    backward: ([dq, dk, dv], dout) => attentionBackward(dq!, dk!, dv!, dout, p, q, k, v, B, T, D, how),
  };
};

const normCase = (): Case => {
  const [N, D] = [7, 5];
  const [x, weight, bias, mean, rstd] = [random(N * D), random(D), random(D), zeros(N), zeros(N)];
  return {
    name: 'layernorm',
    wrt: [x, weight, bias],
    size: N * D,
    forward: (out) => layernorm(out, mean, rstd, x, weight, bias, 1e-5, N, D),
    backward: ([dx, dw, db], dout) => layernormBackward(dx!, dw!, db!, dout, x, mean, rstd, weight, N, D),
  };
};

const rootCase = (): Case => {
  const [N, D] = [7, 5];
  const [x, weight, rrms] = [random(N * D), random(D), zeros(N)];
  return {
    name: 'rmsnorm',
    wrt: [x, weight],
    size: N * D,
    forward: (out) => rmsnorm(out, rrms, x, weight, 1e-5, N, D),
    backward: ([dx, dw], dout) => rmsnormBackward(dx!, dw!, dout, x, rrms, weight, N, D),
  };
};

const productCase = (): Case => {
  const [N, J] = [2, 7];
  const [a, b] = [random(N * B * I), random(N * I * J)];
  return {
    name: 'matmul',
    wrt: [a, b],
    size: N * B * J,
    forward: (out) => matmul(out, a, b, N, B, I, J),
    backward: ([da, db], dout) => matmulBackward(da!, db!, dout, a, b, N, B, I, J),
  };
};

const projectionCase = (): Case => {
  const [x, weight, bias] = [random(T * I), random(I * B), random(B)];
  return {
    name: 'projection',
    wrt: [x, weight, bias],
    size: T * B,
    forward: (out) => projection(out, x, weight, bias, T, I, B),
    backward: ([dx, dw, db], dout) => projectionBackward(dx!, dw!, db!, dout, x, weight, T, I, B),
  };
};

const lookupCase = (): Case => {
  const [table, indices] = [random(5 * I), Float32Array.of(4, 0, 4, 2, 4)];
  return {
    name: 'embedding with an index that comes three times',
    wrt: [table],
    size: 5 * I,
    forward: (out) => embedding(out, indices, table, 5, I),
    backward: ([dtable], dout) => embeddingBackward(dtable!, dout, indices, 5, I),
  };
};

const plain = (
  name: string,
  size: number,
  forward: (out: Array64, x: Array64) => void,
  backward: (dx: Array64, dout: Array64, x: Array64, out: Array64) => void,
): Case => {
  const x = random(size);
  return {
    name,
    wrt: [x],
    size,
    forward: (out) => forward(out, x),
    backward: ([dx], dout, out) => backward(dx!, dout, x, out),
  };
};

describeLoops([
  lstmCase(false),
  lstmCase(true),
  gruCase(true),
  gruCase(false),
  attentionCase(0),
  attentionCase(1),
  attentionCase(T),
  normCase(),
  rootCase(),
  productCase(),
  projectionCase(),
  lookupCase(),
  plain(
    'gelu',
    31,
    (out, x) => gelu(out, x, 31),
    (dx, dout, x) => geluBackward(dx, dout, x, 31),
  ),
  plain(
    'softmax',
    35,
    (out, x) => softmax(out, x, 7, 5),
    (dx, dout, _, out) => softmaxBackward(dx, dout, out, 7, 5),
  ),
  plain(
    'rotary',
    2 * 3 * 6,
    (out, x) => rotary(out, x, 100, 2, 3, 6),
    (dx, dout) => rotaryBackward(dx, dout, 100, 2, 3, 6),
  ),
  plain(
    'exchange',
    2 * 3 * 5 * 7,
    (out, x) => exchange(out, x, 2, 3, 5, 7),
    (dx, dout) => exchangeBackward(dx, dout, 2, 3, 5, 7),
  ),
]);

describe('the loops of sequences', () => {
  it('have the error function that tables have (Abramowitz and Stegun, table 7.1, and erfc from mpmath)', () => {
    const known = [
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [2.5, 0.999593047982555],
      [3, 0.9999779095030014],
    ] as const;
    for (const [x, y] of known) {
      expect(Math.abs(erf(x) - y)).toBeLessThanOrEqual(1e-14);
      expect(erf(-x)).toBe(-erf(x));
    }
    expect(erf(7)).toBe(1);
  });

  it('hide what is masked: a causal position does not see later ones, a softmax gives -Infinity nothing', () => {
    const run = (last: number) => {
      const [q, k, v] = [1, 2, 3].map((n) => Float32Array.from({ length: 6 }, (_, i) => Math.sin(n * i)));
      k![5] = v![5] = last;
      const [out, p] = [new Float32Array(6), new Float32Array(9)];
      attention(out, p, q!, k!, v!, 1, 3, 2, { heads: 1, scale: 1, reach: 0 });
      return out;
    };
    expect([...run(9).subarray(0, 4)]).toEqual([...run(-9).subarray(0, 4)]);
    expect(run(9)[5]).not.toBe(run(-9)[5]);
    const out = new Float32Array(3);
    softmax(out, Float32Array.of(200, -Infinity, 200), 1, 3);
    expect([...out]).toEqual([0.5, 0, 0.5]);
  });

  it('carry the state: a later step of an lstm depends on an earlier one, and in reverse an earlier on a later', () => {
    const [weight, recurrence, bias] = [1, 2, 3].map((n) =>
      Float32Array.from({ length: 4 * n + 4 }, (_, i) => Math.cos(n * i)),
    );
    const run = (x: Float32Array, reverse: boolean) => {
      const [out, cells, gates] = [new Float32Array(3), new Float32Array(3), new Float32Array(12)];
      lstm(out, cells, gates, x, weight!, recurrence!, bias!, { T: 3, B: 1, I: 1, H: 1, reverse });
      return [...out];
    };
    const [a, b] = [Float32Array.of(1, 0, 0), Float32Array.of(2, 0, 0)];
    expect(run(a, false).every((y, t) => y !== run(b, false)[t])).toBe(true);
    expect(run(a, true).slice(1)).toEqual(run(b, true).slice(1));
  });
});
