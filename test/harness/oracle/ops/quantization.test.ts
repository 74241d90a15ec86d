import { describe, expect, it } from '@jest/globals';
import { convInteger, qLinearConv } from '../../../../harness/oracle/ops/conv-integer.ts';
import { dequantizeLinear } from '../../../../harness/oracle/ops/dequantize-linear.ts';
import { qLinearMatMul } from '../../../../harness/oracle/ops/qlinear-matmul.ts';
import { dynamicQuantizeLinear, quantizeLinear } from '../../../../harness/oracle/ops/quantize-linear.ts';
import { expectLawful, forward, int, random, value } from './_vjp-laws.ts';

const scalar = (dtype: 'float32' | 'uint8' | 'int8', x: number) => value(dtype, [], [x]);

describe('QuantizeLinear', () => {
  it('rounds ties to even, and saturates', () => {
    const x = value('float32', [6], [1, 3, 5, -300, 1000, 2.5]);
    const y = forward({ operator: quantizeLinear, inputs: [x, scalar('float32', 2), scalar('uint8', 10)] })[0]!;
    expect([y.dtype, Array.from(y.data)]).toEqual(['uint8', [10, 12, 12, 0, 255, 11]]);
  });
  it('has a scale for each index of an axis, or for blocks along it', () => {
    const x = value('float32', [2, 4], [2, 4, 6, 8, 2, 4, 6, 8]);
    const perRow = forward({
      operator: quantizeLinear,
      inputs: [x, value('float32', [2], [1, 2]), value('int8', [2], [0, 1])],
      attributes: { axis: int(0) },
    })[0]!;
    expect(Array.from(perRow.data)).toEqual([2, 4, 6, 8, 2, 3, 4, 5]);
    const scales = value('float32', [2, 2], [1, 2, 2, 4]);
    const blocked = forward({
      operator: quantizeLinear,
      inputs: [x, scales],
      attributes: { axis: int(1), block_size: int(2) },
    })[0]!;
    expect(Array.from(blocked.data)).toEqual([2, 4, 3, 4, 1, 2, 2, 2]);
  });
  it('says why it has no derivative', () => expect(quantizeLinear.noDerivative).toMatch(/piecewise constant/));
});

describe('DequantizeLinear', () => {
  it('undoes QuantizeLinear on its own grid', () => {
    const x = value('float32', [5], [-4, -2, 0, 2, 10]);
    const parameters = [scalar('float32', 2), scalar('int8', -3)];
    const q = forward({ operator: quantizeLinear, inputs: [x, ...parameters] })[0]!;
    expect(Array.from(forward({ operator: dequantizeLinear, inputs: [q, ...parameters] })[0]!.data)).toEqual(
      Array.from(x.data),
    );
  });
  it('has the derivative of its scale, by element, axis and block', () => {
    const x = value('int8', [3, 5], [5, -7, 3, 2, 1, 9, 8, -3, 0, 4, 6, 6, -9, 1, 2]);
    const zero = value('int8', [5], [1, 2, 3, 4, 5]);
    expectLawful({ operator: dequantizeLinear, inputs: [x, random([5], 1), zero], wrt: [1] });
    expectLawful({ operator: dequantizeLinear, inputs: [x, random([], 1)], wrt: [1] });
    expectLawful({
      operator: dequantizeLinear,
      inputs: [x, random([2, 5], 1)],
      attributes: { axis: int(0), block_size: int(2) },
      wrt: [1],
    });
  });
});

it('DynamicQuantizeLinear spans 0 and the range of its input', () => {
  const [y, scale, zero] = forward({ operator: dynamicQuantizeLinear, inputs: [value('float32', [3], [-1, 0, 4.1])] });
  expect(scale!.data[0]).toBeCloseTo(5.1 / 255, 12);
  expect([zero!.data[0], Array.from(y!.data)]).toEqual([50, [0, 50, 255]]);
  expect(forward({ operator: dynamicQuantizeLinear, inputs: [value('float32', [2], [0, 0])] })[1]!.data[0]).toBe(1);
});

describe('products of integers', () => {
  const x = value('uint8', [1, 1, 1, 3], [10, 20, 30]);
  const w = value('uint8', [2, 1, 1, 2], [3, 4, 5, 7]);
  it('ConvInteger subtracts both zero points', () => {
    const zeros = [scalar('uint8', 10), value('uint8', [2], [3, 6])];
    const [y] = forward({ operator: convInteger, inputs: [x, w, ...zeros] });
    expect([y!.dtype, Array.from(y!.data)]).toEqual(['int32', [10, 20, 10, 10]]);
  });
  it('QLinearConv scales, shifts and saturates', () => {
    const [s1, s2, s3] = [scalar('float32', 0.5), value('float32', [2], [1, 0.25]), scalar('float32', 2)];
    const inputs = [
      x,
      s1,
      scalar('uint8', 10),
      w,
      s2,
      value('uint8', [2], [3, 6]),
      s3,
      scalar('uint8', 250),
      value('int32', [2], [2, 6]),
    ];
    expect(Array.from(forward({ operator: qLinearConv, inputs })[0]!.data)).toEqual([253, 255, 251, 251]);
  });
  it('QLinearMatMul has a scale for each column', () => {
    const a = value('int8', [2, 2], [1, 2, 3, 4]);
    const inputs = [
      a,
      scalar('float32', 1),
      scalar('int8', 1),
      a,
      value('float32', [2], [1, 0.5]),
      value('int8', [2], [0, 0]),
      scalar('float32', 1),
      scalar('int8', -1),
    ];
    expect(Array.from(forward({ operator: qLinearMatMul, inputs })[0]!.data)).toEqual([2, 1, 10, 7]);
  });
});
