import { describe, expect, it } from '@jest/globals';
import { averagePool, globalAveragePool } from '../../../../harness/oracle/ops/average-pool.ts';
import { globalLpPool, lpPool } from '../../../../harness/oracle/ops/lp-pool.ts';
import { globalMaxPool, maxPool } from '../../../../harness/oracle/ops/max-pool.ts';
import type { Operator } from '../../../../harness/types/oracle.ts';
import { type Trial, expectLawful, forward, int, ints, random, text, value, vjp } from './_vjp-laws.ts';

const pooled = (operator: Operator, x: number[], attributes: Trial['attributes'] = {}, outputs = 1): Trial => ({
  operator,
  inputs: [random(x, 1)],
  attributes,
  outputs,
});

const windows: readonly (readonly [string, number[], NonNullable<Trial['attributes']>])[] = [
  ['1-D', [2, 3, 11], { kernel_shape: ints(3) }],
  [
    '2-D with uneven padding and strides',
    [2, 3, 7, 5],
    { kernel_shape: ints(3, 2), pads: ints(1, 0, 2, 1), strides: ints(2, 3) },
  ],
  ['2-D with dilations', [1, 2, 11, 7], { kernel_shape: ints(3, 2), dilations: ints(3, 2), pads: ints(2, 1, 0, 1) }],
  [
    '2-D with ceil_mode',
    [1, 2, 7, 8],
    { kernel_shape: ints(3, 3), strides: ints(3, 2), ceil_mode: int(1), pads: ints(1, 0, 1, 1) },
  ],
  ['3-D', [1, 2, 5, 3, 7], { kernel_shape: ints(2, 2, 3), strides: ints(2, 1, 2) }],
  ['SAME_UPPER', [1, 2, 7, 11], { kernel_shape: ints(2, 4), strides: ints(2, 3), auto_pad: text('SAME_UPPER') }],
  ['SAME_LOWER', [1, 2, 7, 11], { kernel_shape: ints(2, 4), strides: ints(2, 3), auto_pad: text('SAME_LOWER') }],
];

describe.each([maxPool, averagePool, lpPool])('$op', (operator) => {
  it.each(windows)('%s: its product is the derivative of its forward', (_, shape, attributes) => {
    expectLawful(pooled(operator, shape, attributes));
  });
});

describe.each([globalMaxPool, globalAveragePool, globalLpPool])('$op', (operator) => {
  it('pools each plane, and its product is the derivative', () => {
    const trial = pooled(operator, [2, 3, 5, 7]);
    expect(forward(trial)[0]!.shape).toEqual([2, 3, 1, 1]);
    expectLawful(trial);
  });
});

describe('AveragePool', () => {
  it('counts padding only where asked to, and never what ceil_mode adds', () => {
    // Windows of 4 from −1, 2 and 5; the last reaches two past the padding.
    const x = value('float32', [1, 1, 6], [1, 2, 3, 4, 5, 6]);
    const attributes = { kernel_shape: ints(4), strides: ints(3), pads: ints(1, 1), ceil_mode: int(1) };
    const average = (include: number) =>
      Array.from(
        forward({
          operator: averagePool,
          inputs: [x],
          attributes: { ...attributes, count_include_pad: int(include) },
        })[0]!.data,
      );
    expect(average(0)).toEqual([2, 4.5, 6]);
    expect(average(1)).toEqual([1.5, 4.5, 3]);
  });
  it.each([0, 1])('with count_include_pad %d its product is the derivative', (include) => {
    const attributes = {
      kernel_shape: ints(3, 4),
      strides: ints(2, 3),
      pads: ints(1, 2, 1, 1),
      ceil_mode: int(1),
      count_include_pad: int(include),
    };
    expectLawful(pooled(averagePool, [2, 3, 7, 8], attributes));
  });
});

describe('LpPool', () => {
  it.each([1, 2, 3])('p = %d: its product is the derivative', (p) => {
    expectLawful(pooled(lpPool, [1, 2, 5, 7], { kernel_shape: ints(2, 3), p: int(p) }));
    expectLawful(pooled(globalLpPool, [1, 2, 5, 7], { p: int(p) }));
  });
  it('gives 0, not NaN, for a window of zeros', () => {
    const trial: Trial = {
      operator: lpPool,
      inputs: [value('float32', [1, 1, 2], [0, 0])],
      attributes: { kernel_shape: ints(2) },
    };
    expect(Array.from(vjp(trial, [value('float32', [1, 1, 1], [3])])[0]!.value.data)).toEqual([0, 0]);
  });
});

describe('MaxPool', () => {
  const tie = value('float32', [1, 1, 4], [2, 5, 5, 1]);
  const trial: Trial = { operator: maxPool, inputs: [tie], attributes: { kernel_shape: ints(2) }, noise: [0] };

  it('sends the gradient of a tie to the first, and calls both slack', () => {
    const [dx] = vjp(trial, [value('float32', [1, 1, 3], [0.5, -3, 7])]);
    expect(Array.from(dx!.value.data)).toEqual([0, -2.5, 7, 0]);
    expect(Array.from(dx!.slack!)).toEqual([0, 3, 3, 0]);
  });
  it('calls nothing slack where every maximum is alone', () => {
    const alone: Trial = { ...trial, inputs: [value('float32', [1, 1, 4], [2, 5, 4, 1])] };
    expect(vjp(alone, [value('float32', [1, 1, 3], [1, 2, 3])])[0]!.slack).toBeUndefined();
  });
  it('calls slack what lies within noise of the maximum', () => {
    const near: Trial = { ...trial, inputs: [value('float32', [1, 1, 4], [2, 5, 4.9, 1])], noise: [0.2] };
    expect(Array.from(vjp(near, [value('float32', [1, 1, 3], [1, -2, 3])])[0]!.slack!)).toEqual([0, 2, 2, 0]);
  });
  it('gives the first index over the whole tensor, by rows or by columns', () => {
    const x = value('float32', [1, 2, 2, 3], [9, 1, 2, 3, 4, 5, 0, 1, 2, 7, 7, 1]);
    const indices = (order: number) =>
      Array.from(
        forward({
          operator: maxPool,
          inputs: [x],
          attributes: { kernel_shape: ints(2, 2), storage_order: int(order) },
          outputs: 2,
        })[1]!.data,
      );
    expect(indices(0)).toEqual([0, 5, 9, 10]);
    expect(indices(1)).toEqual([0, 5, 7, 9]);
  });
});
