import { describe, expect, it } from '@jest/globals';
import { float32, float64 } from '../../../../harness/oracle/arithmetic.ts';
import { f, trial } from './_named.ts';
import { distance, expectLawful, forward, int, value } from './_vjp-laws.ts';
import { inverseHalves, products, reductions, spectra } from './_product-cases.ts';

describe('products', () => {
  it.each(products)('%s, %s: its product is the derivative of its forward', (_op, _what, each) => expectLawful(each));

  it('sum in order in the float32 form, rounding each product and each sum', () => {
    const [a, b] = [f([2, 23], 1, 0.5, 1.5), f([23, 3], 2, 0.5, 1.5)];
    const y = forward(trial('MatMul', [a, b]), float32)[0]!.data;
    for (let r = 0; r < 2; r++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < 23; k++) sum = Math.fround(sum + Math.fround(a.data[r * 23 + k]! * b.data[k * 3 + c]!));
        expect(y[r * 3 + c]).toBe(sum);
      }
    }
  });

  it('of 512 × 512 matrices take seconds, not minutes', () => {
    const each = trial('MatMul', [f([512, 512], 1), f([512, 512], 2)]);
    const start = performance.now();
    forward(each, float64);
    forward(each, float32);
    expect(performance.now() - start <= 20_000).toBe(true);
  });

  it('of shapes that do not fit are an error that shows them', () => {
    expect(() => forward(trial('MatMul', [f([2, 3], 1), f([2, 3], 2)]))).toThrow(/E_SHAPE.*\[2, 3\] × \[2, 3\]/);
  });
});

describe('reductions', () => {
  it.each(reductions)('%s, %s: its product is the derivative of its forward', (_op, _what, each) => expectLawful(each));
});

describe('Fourier transforms', () => {
  it.each([...spectra, ...inverseHalves])('%s, %s: its product is the derivative of its forward', (_op, _what, each) =>
    expectLawful(each),
  );

  it('there and back give the signal', () => {
    for (const [length, seed] of [
      [7, 1],
      [8, 2],
    ] as const) {
      const signal = f([3, length, 1], seed);
      const size = value('int64', [], [length]);
      const [bins] = forward(trial('DFT', [signal, size], { attributes: { onesided: int(1) } }));
      const attributes = { onesided: int(1), inverse: int(1) };
      const [back] = forward(trial('DFT', [bins, size], { attributes }));
      expect(distance(back!.data, signal.data) <= 1e-14).toBe(true);
    }
  });
});
