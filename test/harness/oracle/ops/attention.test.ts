import { describe, expect, it } from '@jest/globals';
import { attention } from '../../../../harness/oracle/ops/attention.ts';
import { rotaryEmbedding } from '../../../../harness/oracle/ops/rotary-embedding.ts';
import { distance, expectLawful, float, forward, int, norm, random, type Trial, value, vjp } from './_vjp-laws.ts';

const [batch, heads, keyHeads, rows, columns, size, valueSize] = [2, 6, 3, 3, 5, 2, 4];
const q = random([batch, heads, rows, size], 1);
const k = random([batch, keyHeads, columns, size], 2);
const v = random([batch, keyHeads, columns, valueSize], 3);
const past = [random([batch, keyHeads, 2, size], 5), random([batch, keyHeads, 2, valueSize], 6)];
const mask = (shape: number[]) => random(shape, 4);
const trial = (inputs: Trial['inputs'], attributes: NonNullable<Trial['attributes']> = {}): Trial => ({
  operator: attention,
  inputs,
  attributes,
  outputs: 4,
  opset: 24,
  wrt: inputs.flatMap((input, i) => (input?.dtype === 'float32' ? [i] : [])),
});

describe('Attention', () => {
  it.each([0, 1, 2])(
    'with its scores shown at stage %d: its product is the derivative, through all outputs',
    (stage) => {
      const attributes = { qk_matmul_output_mode: int(stage), softcap: float(0.7), scale: float(0.8) };
      expectLawful(trial([q, k, v, mask([rows, columns])], attributes));
    },
  );
  it('with the softmax shown', () => {
    expectLawful(trial([q, k, v], { qk_matmul_output_mode: int(3) }));
  });
  it('with a past, a mask for each head, and causal', () => {
    expectLawful(
      trial([q, k, v, mask([heads, rows, columns + 2]), ...past], { is_causal: int(1), qk_matmul_output_mode: int(1) }),
    );
  });
  it('flat, with a boolean mask', () => {
    const flat = (seed: number, sequence: number, width: number) => random([batch, sequence, width], seed);
    const visible = value('bool', [rows, columns], [1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1]);
    const inputs = [
      flat(1, rows, heads * size),
      flat(2, columns, keyHeads * size),
      flat(3, columns, keyHeads * valueSize),
      visible,
    ];
    const flatTrial = trial(inputs, { q_num_heads: int(heads), kv_num_heads: int(keyHeads) });
    expect(forward(flatTrial)[0]!.shape).toEqual([batch, rows, heads * valueSize]);
    expectLawful(flatTrial);
  });
  it('is the textbook formula', () => {
    const [y] = forward(trial([q, k, v]));
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        for (let row = 0; row < rows; row++) {
          const head = b * keyHeads + Math.floor(h / 2);
          const line = (b * heads + h) * rows + row;
          const scores = Array.from({ length: columns }, (_, j) => {
            let sum = 0;
            for (let i = 0; i < size; i++) sum += q.data[line * size + i]! * k.data[(head * columns + j) * size + i]!;
            return Math.exp(sum / Math.sqrt(size));
          });
          const total = scores.reduce((a, c) => a + c, 0);
          for (let i = 0; i < valueSize; i++) {
            const expected = scores.reduce(
              (sum, s, j) => sum + (s / total) * v.data[(head * columns + j) * valueSize + i]!,
              0,
            );
            expect(y!.data[line * valueSize + i]).toBeCloseTo(expected, 12);
          }
        }
      }
    }
  });
  it('gives zeros, and no gradient, where a row may look at nothing', () => {
    const nothing = value('bool', [rows, columns], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1]);
    const blind = trial([q, k, v, nothing]);
    const y = forward(blind)[0]!.data;
    expect(Array.from(y.slice(0, valueSize))).toEqual([0, 0, 0, 0]);
    expect(y.every(Number.isFinite)).toBe(true);
    expectLawful({ ...blind, seeds: [0] });
  });
  it('does not read what `nonpad_kv_seqlen` or the mask hides, NaN included', () => {
    const lengths = value('int64', [batch], [5, 4]);
    const broken = { ...v, data: v.data.slice() };
    for (let i = 0; i < valueSize; i++) broken.data[((keyHeads + 0) * columns + 4) * valueSize + i] = Number.NaN;
    const inputs = [q, k, broken, undefined, undefined, undefined, lengths];
    expect(forward(trial(inputs))[0]!.data.every(Number.isFinite)).toBe(true);
    const [dq] = vjp(trial(inputs), [random([batch, heads, rows, valueSize], 9)]);
    expect(dq!.value.data.every(Number.isFinite)).toBe(true);
  });
  it('refuses heads that do not divide', () => {
    expect(() => forward(trial([random([1, 3, 2, 2], 1), random([1, 2, 2, 2], 2), random([1, 2, 2, 2], 3)]))).toThrow(
      /E_SHAPE.*3 heads/,
    );
  });
});

describe('RotaryEmbedding', () => {
  const positions = value('int64', [2, 3], [4, 0, 2, 1, 1, 3]);
  it.each([0, 1])('interleaved %d: its product is the derivative', (interleaved) => {
    const inputs = [random([2, 5, 3, 8], 1), random([7, 4], 2), random([7, 4], 3), positions];
    expectLawful({ operator: rotaryEmbedding, inputs, attributes: { interleaved: int(interleaved) }, wrt: [0, 1, 2] });
  });
  it('of a part of each head, flat, without positions', () => {
    const inputs = [random([2, 3, 5 * 8], 1), random([2, 3, 2], 2), random([2, 3, 2], 3)];
    const attributes = { num_heads: int(5), rotary_embedding_dim: int(4) };
    expectLawful({ operator: rotaryEmbedding, inputs, attributes });
    const y = forward({ operator: rotaryEmbedding, inputs, attributes })[0]!.data;
    expect(Array.from(y.slice(4, 8))).toEqual(Array.from(inputs[0]!.data.slice(4, 8)));
  });
  it('keeps lengths where cosine and sine are of one angle', () => {
    const angles = random([2, 3, 4], 7, -3, 3).data;
    const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
    const x = random([2, 5, 3, 8], 1);
    const caches = [cos, sin].map((data) => ({ dtype: 'float32' as const, shape: [2, 3, 4], data }));
    const y = forward({ operator: rotaryEmbedding, inputs: [x, ...caches] })[0]!.data;
    expect(norm(y)).toBeCloseTo(norm(x.data), 10);
    expect(distance(y, x.data)).toBeGreaterThan(1);
  });
});
