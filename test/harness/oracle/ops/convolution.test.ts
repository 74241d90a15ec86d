import { describe, expect, it } from '@jest/globals';
import { conv } from '../../../../harness/oracle/ops/conv.ts';
import { convTranspose } from '../../../../harness/oracle/ops/conv-transpose.ts';
import { type Trial, distance, dot, expectLawful, forward, int, ints, norm, random, text, vjp } from './_vjp-laws.ts';
import { float32 } from '../../../../harness/oracle/arithmetic.ts';

const conved = (x: number[], w: number[], attributes: Trial['attributes'] = {}): Trial => ({
  operator: conv,
  inputs: [random(x, 1), random(w, 2), random([w[0]!], 3)],
  attributes,
});
const transposed = (x: number[], w: number[], bias: number, attributes: Trial['attributes'] = {}): Trial => ({
  operator: convTranspose,
  inputs: [random(x, 1), random(w, 2), random([bias], 3)],
  attributes,
});

const convolutions: readonly (readonly [string, Trial])[] = [
  ['1-D', conved([2, 3, 11], [5, 3, 3])],
  [
    '2-D with uneven padding and strides',
    conved([2, 3, 7, 5], [2, 3, 3, 2], { pads: ints(1, 0, 2, 1), strides: ints(2, 3) }),
  ],
  ['2-D with dilations', conved([1, 2, 11, 7], [3, 2, 3, 2], { dilations: ints(3, 2), pads: ints(2, 1, 0, 3) })],
  ['2-D in groups', conved([2, 6, 5, 7], [4, 3, 3, 3], { group: int(2), pads: ints(1, 1, 1, 1) })],
  ['2-D depthwise', conved([2, 3, 5, 7], [6, 1, 3, 3], { group: int(3) })],
  ['3-D', conved([1, 2, 5, 3, 7], [3, 2, 2, 3, 3], { strides: ints(2, 1, 2), pads: ints(0, 1, 1, 1, 0, 0) })],
  ['SAME_UPPER', conved([1, 2, 7, 11], [3, 2, 2, 4], { auto_pad: text('SAME_UPPER'), strides: ints(2, 3) })],
  ['SAME_LOWER', conved([1, 2, 7, 11], [3, 2, 2, 4], { auto_pad: text('SAME_LOWER'), strides: ints(2, 3) })],
  ['VALID', conved([1, 2, 7, 5], [3, 2, 3, 3], { auto_pad: text('VALID') })],
];

const transposes: readonly (readonly [string, Trial])[] = [
  ['1-D', transposed([2, 3, 5], [3, 2, 3], 2, { strides: ints(2) })],
  [
    '2-D with padding and output padding',
    transposed([1, 3, 5, 3], [3, 2, 3, 2], 2, {
      strides: ints(3, 2),
      pads: ints(1, 0, 0, 1),
      output_padding: ints(2, 1),
    }),
  ],
  ['2-D in groups with dilations', transposed([2, 6, 3, 5], [6, 2, 2, 3], 4, { group: int(2), dilations: ints(2, 3) })],
  ['3-D', transposed([1, 2, 3, 2, 3], [2, 3, 2, 3, 2], 3, { strides: ints(1, 2, 2) })],
  ['output_shape', transposed([1, 2, 3, 5], [2, 3, 3, 3], 3, { strides: ints(3, 2), output_shape: ints(10, 8) })],
  ['SAME_UPPER', transposed([1, 2, 3, 5], [2, 3, 4, 3], 3, { strides: ints(3, 2), auto_pad: text('SAME_UPPER') })],
  ['SAME_LOWER', transposed([1, 2, 3, 5], [2, 3, 4, 3], 3, { strides: ints(3, 2), auto_pad: text('SAME_LOWER') })],
];

describe('Conv', () => {
  it.each(convolutions)('%s: its product is the derivative of its forward', (_, trial) => expectLawful(trial));

  it('is the textbook sum, element by element', () => {
    const trial = conved([2, 4, 5, 7], [6, 2, 3, 2], {
      group: int(2),
      strides: ints(2, 1),
      pads: ints(1, 1, 0, 2),
      dilations: ints(1, 2),
    });
    const [y] = forward(trial);
    expect(y!.shape).toEqual([2, 6, 2, 8]);
    const [x, w, b] = trial.inputs.map((input) => input!.data);
    let i = 0;
    for (let n = 0; n < 2; n++)
      for (let m = 0; m < 6; m++)
        for (let r = 0; r < 2; r++)
          for (let c = 0; c < 8; c++) {
            let sum = b![m]!;
            for (let k = 0; k < 2; k++)
              for (let p = 0; p < 3; p++)
                for (let q = 0; q < 2; q++) {
                  const [row, column] = [r * 2 + p - 1, c + q * 2 - 1];
                  if (row < 0 || row >= 5 || column < 0 || column >= 7) continue;
                  sum +=
                    w![((m * 2 + k) * 3 + p) * 2 + q]! *
                    x![((n * 4 + Math.floor(m / 3) * 2 + k) * 5 + row) * 7 + column]!;
                }
            expect(Math.abs(y!.data[i++]! - sum) <= 1e-12).toBe(true);
          }
  });

  it('rounds every product and sum in float32, and so strays by about √n roundings', () => {
    const trial = conved([1, 64, 5, 5], [3, 64, 3, 3]);
    const [exact, naive] = [forward(trial)[0]!.data, forward(trial, float32)[0]!.data];
    const error = distance(naive, exact) / norm(exact);
    expect(error >= 5e-8).toBe(true);
    expect(error <= 3e-6).toBe(true);
    expect(naive.every((element) => Math.fround(element) === element)).toBe(true);
  });

  it('refuses weights of another number of channels', () => {
    expect(() => forward(conved([1, 3, 5, 5], [2, 2, 3, 3]))).toThrow(/E_SHAPE.*do not fit together/);
  });
});

describe('ConvTranspose', () => {
  it.each(transposes)('%s: its product is the derivative of its forward', (_, trial) => expectLawful(trial));

  it('is the adjoint of Conv: ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩', () => {
    const attributes = { strides: ints(2, 1), pads: ints(1, 0, 1, 2), dilations: ints(1, 2), group: int(2) };
    const [x, w, y] = [random([2, 4, 7, 7], 5), random([6, 2, 3, 2], 6), random([2, 6, 4, 7], 7)];
    const ahead = forward({ operator: conv, inputs: [x, w], attributes })[0]!;
    const back = forward({ operator: convTranspose, inputs: [y, w], attributes })[0]!;
    expect([ahead.shape, back.shape]).toEqual([y.shape, x.shape]);
    expect(dot(ahead.data, y.data)).toBeCloseTo(dot(x.data, back.data), 10);
  });

  it('gives no cotangent where none arrives', () => {
    expect(vjp(transposes[0]![1], [undefined])).toEqual([]);
  });
});
