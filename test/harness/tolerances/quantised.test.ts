import { describe, expect, it } from '@jest/globals';
import { isQuantised, judgeQuantised } from '../../../harness/tolerances/quantised.ts';
import type { DataType } from '../../../harness/types/tensor.ts';

const of = (...numbers: number[]): Float64Array => Float64Array.from(numbers);

/** Steps that float32 computes with no error: half a step and a rounding of float32 are allowed. */
const judged = (subject: Float64Array, r64: Float64Array, n32 = r64, dtype: DataType = 'int8') =>
  judgeQuantised(subject, 7, { r64, n32 }, dtype);

const UNIT = 2 ** -24;

describe('quantised tensors', () => {
  it('are those of whole numbers of 8 and 16 bits, both of one type', () => {
    const quantised = (a: DataType, b: DataType) => isQuantised({ dtype: a }, { dtype: b });
    for (const dtype of ['int8', 'uint8', 'int16', 'uint16'] as const) expect(quantised(dtype, dtype)).toBe(true);
    for (const dtype of ['int32', 'int64', 'float32', 'bool'] as const) expect(quantised(dtype, dtype)).toBe(false);
    expect(quantised('int8', 'uint8')).toBe(false);
  });
});

describe('an element of a quantised tensor', () => {
  it('may be rounded either way at a tie, and one way only elsewhere', () => {
    expect(judged(of(12, 13), of(12.5, 12.5)).wrong).toBe(0);
    expect(judged(of(-13, -12), of(-12.5, -12.5)).wrong).toBe(0);
    expect(judged(of(11, 14), of(12.5, 12.5)).wrong).toBe(2);
    expect(judged(of(12, 13, 12), of(12.4, 12.4, 12.6)).wrong).toBe(2);
  });

  it('may be off by what float32 loses on the way: four of its units of the largest', () => {
    const { allowed } = judged(of(100, 3), of(-100, 3));
    expect(allowed).toBe(400 * UNIT);
    // 12.5 itself is the largest.
    expect(judged(of(12), of(12.5 + 49 * UNIT)).wrong).toBe(0);
    expect(judged(of(12), of(12.5 + 51 * UNIT)).wrong).toBe(1);
  });

  it('may be off by just what is allowed', () => {
    const off = (by: number) => judged(of(12, 64), of(12.5 + by, 64));
    expect(off(0).allowed).toBe(2 ** -16);
    expect(off(2 ** -16).wrong).toBe(0);
    expect(off(2 ** -16 + 2 ** -40).wrong).toBe(1);
  });

  it('may be off by four times as much as float32’s replay strays from the exact value', () => {
    const r64 = of(10.9, 20, 30, 40);
    const n32 = of(11, 20.1, 29.9, 40.1);
    const { allowed } = judged(of(10, 20, 30, 40), r64, n32);
    expect(allowed).toBeCloseTo(0.4 + 160 * UNIT, 12);
    expect(judged(of(10, 20, 30, 40), r64, n32).wrong).toBe(0);
    expect(judged(of(10, 20, 31, 40), r64, n32).wrong).toBe(1);
    // One of four that is off by 0.2 strays by an rms of 0.1.
    expect(judged(of(11, 20, 30, 40), r64, of(11.1, 20, 30, 40)).allowed).toBeCloseTo(0.4 + 160 * UNIT, 12);
  });

  it.each([
    ['int8', -128, 127],
    ['uint8', 0, 255],
    ['int16', -32768, 32767],
    ['uint16', 0, 65535],
  ] as const)('of %s that lies beyond the range must be its limit', (dtype, low, high) => {
    const exact = of(low - 1000, high + 1000);
    expect(judged(of(low, high), exact, exact, dtype).wrong).toBe(0);
    expect(judged(of(low + 1, high - 1), exact, exact, dtype).wrong).toBe(2);
    // How far float32 strays out there is no noise, and the size of what is cut off no rounding.
    const { allowed } = judged(of(low, high), exact, of(low - 5, high + 5), dtype);
    expect(allowed).toBe(4 * UNIT * Math.max(-low, high));
  });

  it('is wrong where the exact value is no number, and says nothing of the others', () => {
    const r64 = of(12.5, Number.NaN, 8);
    expect(judged(of(13, 0, 8), r64)).toMatchObject({ wrong: 1, allowed: 50 * UNIT });
    expect(judged(of(13, 0, 9), r64)).toMatchObject({ wrong: 2 });
    expect(judged(of(13, 1, 8), of(12.5, 1, 8), r64)).toMatchObject({ wrong: 0, allowed: 50 * UNIT });
  });

  it('is counted, in words', () => {
    expect(judged(of(12, 14), of(12.5, 12.5)).because).toBe(
      "within half a step of the exact value and 0.0000030 steps, which float32 may lose; 7 of 2 elements differ from the framework's, 1 of them elsewhere than at a tie",
    );
  });

  it('of none is none wrong, and nothing is allowed', () => {
    expect(judged(of(), of())).toMatchObject({ wrong: 0, allowed: 0 });
  });
});
