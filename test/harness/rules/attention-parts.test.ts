import { describe, expect, it } from '@jest/globals';
import { runOperator, vjpOperator } from '../../../harness/oracle/run.ts';
import { attentionInside } from '../../../harness/rules/gradient-attention-inside.ts';
import type { Attribute, Attributes, GraphNode } from '../../../harness/types/graph.ts';
import type { Value } from '../../../harness/types/oracle.ts';
import type { BackwardContext } from '../../../harness/types/rule.ts';
import { normal } from '../../support/backward-scene.ts';

const int = (value: number): Attribute => ({ kind: 'int', value });
const value = (shape: readonly number[], seed: number): Value => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from(normal([...shape], seed, 0.7).data as Float32Array),
});

/** A node of attention on its own, as a rule sees it. */
function seen(
  domain: string,
  op: string,
  attributes: Attributes,
  inputs: readonly (Value | undefined)[],
  slot: number,
) {
  const names = inputs.map((given, i) => (given === undefined ? '' : `i${i}`));
  const node: GraphNode = { name: op, op, domain, inputs: names, outputs: ['y'], attributes };
  const outputs = runOperator(node, inputs, 23) as readonly Value[];
  const cotangents = [value((outputs[0] as Value).shape, 99)];
  const vjp = () => vjpOperator(node, 23, { inputs, outputs, cotangents });
  const part = vjp()?.[slot];
  const run = (name: string, given: readonly (Value | undefined)[], own: Attributes = {}, where = '') =>
    runOperator({ ...node, op: name, domain: where, attributes: own, inputs: given.map((_, i) => `${i}`) }, given, 23);
  return { node, attributes, inputs, outputs, cotangents, slot, part, run, vjp } as unknown as BackwardContext;
}

const [B, T, P, D] = [2, 4, 3, 5];
const microsoft = { num_heads: int(2) };
const mask: Value = {
  dtype: 'int32',
  shape: [B, P + T],
  data: Float64Array.from([1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1]),
};
const CASES: readonly (readonly [
  string,
  string,
  string,
  Attributes,
  readonly (Value | undefined)[],
  readonly number[],
])[] = [
  [
    'shared heads of keys, an added mask',
    '',
    'Attention',
    {},
    [value([B, 4, T, D], 1), value([B, 2, T, D], 2), value([B, 2, T, 3], 3), value([T, T], 4)],
    [0, 1, 2],
  ],
  [
    'a past, causal, of three axes',
    '',
    'Attention',
    { q_num_heads: int(4), kv_num_heads: int(2), is_causal: int(1) },
    [
      value([B, T, 4 * D], 1),
      value([B, T, 2 * D], 2),
      value([B, T, 2 * D], 3),
      undefined,
      value([B, 2, P, D], 5),
      value([B, 2, P, D], 6),
    ],
    [0, 1, 2],
  ],
  [
    'a bias, a mask and a past',
    'com.microsoft',
    'MultiHeadAttention',
    microsoft,
    [
      value([B, T, 2 * D], 1),
      value([B, T, 2 * D], 2),
      value([B, T, 2 * D], 3),
      value([6 * D], 4),
      mask,
      value([1, 2, T, P + T], 7),
      value([B, 2, P, D], 5),
      value([B, 2, P, D], 6),
    ],
    [0, 1, 2, 3],
  ],
  [
    'a mask and a past',
    'com.microsoft',
    'Attention',
    { ...microsoft, unidirectional: int(1) },
    [value([B, T, 6], 1), value([6, 6 * D], 2), value([6 * D], 3), mask, value([2, B, 2, P, D], 5)],
    [0, 1, 2],
  ],
];

describe('attention taken apart', () => {
  it.each(CASES)(
    'gives what the operator sends back, with %s: its bugs are proposed',
    (_, domain, op, own, inputs, slots) => {
      for (const slot of slots) {
        const proposed = [...(attentionInside.backward?.(seen(domain, op, own, inputs, slot)) ?? [])];
        expect(proposed.length > 0).toBe(true);
        expect(proposed.every(({ part }) => part.every(Number.isFinite))).toBe(true);
      }
    },
  );

  it('proposes that keys shared by several heads get the part of one of them', () => {
    const [, domain, op, own, inputs] = CASES[0]!;
    const proposed = [...(attentionInside.backward?.(seen(domain, op, own, inputs, 1)) ?? [])];
    expect(proposed.filter(({ claim }) => claim.includes('heads that share them')).length).toBe(2);
  });

  it('proposes nothing where scores are capped', () => {
    const [, domain, op, , inputs] = CASES[0]!;
    const capped: Attributes = { softcap: { kind: 'float', value: 2 } };
    expect([...(attentionInside.backward?.(seen(domain, op, capped, inputs, 1)) ?? [])]).toEqual([]);
  });
});
