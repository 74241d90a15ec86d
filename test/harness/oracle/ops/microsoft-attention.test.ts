import { describe, expect, it } from '@jest/globals';
import { microsoftAttention } from '../../../../harness/oracle/ops/microsoft-attention.ts';
import { multiHeadAttention } from '../../../../harness/oracle/ops/multi-head-attention.ts';
import { microsoftRotaryEmbedding } from '../../../../harness/oracle/ops/rotary-embedding.ts';
import { expectAgrees } from './_onnxruntime.ts';
import { expectLawful, float, forward, int, ints, random, type Trial, value } from './_vjp-laws.ts';

const [batch, rows, keys, heads, size] = [2, 3, 5, 3, 2];
const width = heads * size;

describe('MultiHeadAttention', () => {
  const [q, k, v] = [
    random([batch, rows, width], 1),
    random([batch, keys, width], 2),
    random([batch, keys, heads * 4], 3),
  ];
  const shift = random([2 * width + heads * 4], 4);
  const lengths = value('int32', [batch], [5, 3]);
  const visible = value('int32', [batch, keys], [1, 1, 0, 1, 1, 1, 0, 1, 1, 0]);
  const past = [random([batch, heads, 2, size], 6), random([batch, heads, 2, size], 7)];
  const trials: readonly (readonly [string, Trial])[] = [
    ['plain', { operator: multiHeadAttention, inputs: [q, k, v] }],
    [
      'with a bias of all three',
      { operator: multiHeadAttention, inputs: [q, k, v, shift], attributes: { scale: float(0.7) } },
    ],
    ['with lengths', { operator: multiHeadAttention, inputs: [q, k, v, shift, lengths] }],
    [
      'with a mask of keys and an attention bias',
      { operator: multiHeadAttention, inputs: [q, k, v, undefined, visible, random([1, heads, rows, keys], 8)] },
    ],
    [
      'with a past, causal',
      {
        operator: multiHeadAttention,
        inputs: [
          q,
          random([batch, rows, width], 2),
          random([batch, rows, width], 3),
          undefined,
          undefined,
          undefined,
          ...past,
        ],
        outputs: 3,
        attributes: { unidirectional: int(1) },
      },
    ],
  ];
  const whole = trials.map(
    ([name, each]) => [name, { ...each, attributes: { num_heads: int(heads), ...each.attributes } }] as const,
  );
  it.each(whole)('%s: its product is the derivative', (_, each) => {
    expectLawful({ ...each, seeds: each.outputs === 3 ? [0, 1, 2] : [0] });
  });
  it.each(whole)('%s: ONNX Runtime gives the same', (_, each) => expectAgrees(each));
  it('refuses packed inputs', () => {
    expect(() => forward({ operator: multiHeadAttention, inputs: [random([2, 3, 3, 3, 2], 1)] })).toThrow(
      /E_UNSUPPORTED.*packed/,
    );
  });
});

describe('Attention of com.microsoft', () => {
  const [x, weight, shift] = [
    random([batch, rows, 5], 1),
    random([5, 2 * width + heads * 4], 2),
    random([2 * width + heads * 4], 3),
  ];
  const sizes = { num_heads: int(heads), qkv_hidden_sizes: ints(width, width, heads * 4) };
  const equal = [x, random([5, 3 * width], 2), random([3 * width], 3)];
  const trials: readonly (readonly [string, Trial])[] = [
    ['plain', { operator: microsoftAttention, inputs: [x, weight, shift], attributes: sizes }],
    [
      'with lengths, causal',
      {
        operator: microsoftAttention,
        inputs: [x, weight, shift, value('int32', [batch], [3, 2])],
        attributes: { ...sizes, unidirectional: int(1) },
      },
    ],
    [
      'with a past',
      {
        operator: microsoftAttention,
        inputs: [...equal, undefined, random([2, batch, heads, 4, size], 5)],
        outputs: 2,
        attributes: { num_heads: int(heads) },
      },
    ],
    [
      'with an attention bias',
      {
        operator: microsoftAttention,
        inputs: [...equal, undefined, undefined, random([batch, heads, rows, rows], 6)],
        attributes: { num_heads: int(heads) },
      },
    ],
  ];
  it.each(trials)('%s: its product is the derivative', (_, each) => {
    expectLawful({ ...each, seeds: each.outputs === 2 ? [0, 1] : [0] });
  });
  it.each(trials)('%s: ONNX Runtime gives the same', (_, each) => expectAgrees(each));
});

describe('RotaryEmbedding of com.microsoft', () => {
  const caches = [random([7, 4], 2), random([7, 4], 3)];
  it.each([
    ['with a position for each element', value('int64', [2, 3], [4, 0, 2, 1, 1, 3])],
    ['with the first position alone', value('int64', [1], [2])],
  ])('%s: its product is the derivative, and ONNX Runtime gives the same', async (_, positions) => {
    for (const interleaved of [0, 1]) {
      const trial: Trial = {
        operator: microsoftRotaryEmbedding,
        inputs: [random([2, 5, 3, 8], 1), positions, ...caches],
        attributes: { interleaved: int(interleaved) },
      };
      expectLawful({ ...trial, wrt: [0, 2, 3] });
      await expectAgrees(trial);
    }
  });
});
