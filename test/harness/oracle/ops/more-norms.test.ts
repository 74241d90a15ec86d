import { describe, expect, it } from '@jest/globals';
import { groupNormalization } from '../../../../harness/oracle/ops/group-normalization.ts';
import { instanceNormalization } from '../../../../harness/oracle/ops/instance-normalization.ts';
import { lpNormalization } from '../../../../harness/oracle/ops/lp-normalization.ts';
import { lrn } from '../../../../harness/oracle/ops/lrn.ts';
import { meanVarianceNormalization } from '../../../../harness/oracle/ops/mean-variance-normalization.ts';
import { expectLawful, float, forward, int, ints, random, type Trial, value, vjp } from './_vjp-laws.ts';

const x = random([2, 6, 3, 5], 1);

it('InstanceNormalization: its product is the derivative', () => {
  expectLawful({
    operator: instanceNormalization,
    inputs: [x, random([6], 2), random([6], 3)],
    attributes: { epsilon: float(0.01) },
  });
});

describe('GroupNormalization', () => {
  it('has a scale for each channel since opset 21', () => {
    expectLawful({
      operator: groupNormalization,
      inputs: [x, random([6], 2), random([6], 3)],
      attributes: { num_groups: int(2) },
      opset: 21,
    });
  });
  it('had a scale for each group before', () => {
    expectLawful({
      operator: groupNormalization,
      inputs: [x, random([2], 2), random([2], 3)],
      attributes: { num_groups: int(2) },
      opset: 18,
    });
  });
  it('refuses the one where the other is due', () => {
    const trial = (size: number, opset: number): Trial => ({
      operator: groupNormalization,
      inputs: [x, random([size], 2), random([size], 3)],
      attributes: { num_groups: int(2) },
      opset,
    });
    expect(() => forward(trial(2, 21))).toThrow(/E_SHAPE.*opset 21 wants 6/);
    expect(() => forward(trial(6, 18))).toThrow(/E_SHAPE.*opset 18 wants 2/);
  });
});

describe('MeanVarianceNormalization', () => {
  it.each([[[0, 2, 3]], [[1]], [[2, 3]], [[-1, 0]]])('over axes %j: its product is the derivative', (axes) => {
    expectLawful({ operator: meanVarianceNormalization, inputs: [x], attributes: { axes: ints(...axes) } });
  });
  it('gives zeros for what does not vary', () => {
    const y = forward({ operator: meanVarianceNormalization, inputs: [{ ...x, data: x.data.map(() => 3) }] })[0]!;
    expect(y.data.every((element) => element === 0)).toBe(true);
  });
});

describe('LpNormalization', () => {
  it.each([1, 2])('p = %d: its product is the derivative', (p) => {
    for (const axis of [0, 1, -1])
      expectLawful({
        operator: lpNormalization,
        inputs: [random([3, 5, 2], 1)],
        attributes: { p: int(p), axis: int(axis) },
      });
  });
  it('leaves zeros zeros', () => {
    const trial: Trial = { operator: lpNormalization, inputs: [value('float32', [3], [0, 0, 0])] };
    expect(Array.from(forward(trial)[0]!.data)).toEqual([0, 0, 0]);
    expect(Array.from(vjp(trial, [value('float32', [3], [1, 2, 3])])[0]!.value.data)).toEqual([0, 0, 0]);
  });
  it('refuses other norms', () => {
    expect(() => forward({ operator: lpNormalization, inputs: [x], attributes: { p: int(3) } })).toThrow(
      /E_UNSUPPORTED.*p = 3/,
    );
  });
});

it.each([1, 2, 3, 4])('LRN over %d channels: its product is the derivative', (size) => {
  expectLawful({
    operator: lrn,
    inputs: [x],
    attributes: { size: int(size), alpha: float(0.7), beta: float(0.6), bias: float(1.3) },
  });
});
