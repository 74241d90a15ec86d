import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { difference } from '../../../harness/metrics/difference.ts';
import { errorMap } from '../../../harness/metrics/error-map.ts';
import { countDifferent } from '../../../harness/metrics/exact.ts';
import { asked } from '../../../harness/metrics/fused/block.ts';
import { jsonNumber } from '../../../harness/metrics/json-number.ts';
import { dissimilarity, sampleDistance, sketchOf } from '../../../harness/metrics/sketch.ts';
import { SMALLEST_SLICE, sliceRms } from '../../../harness/metrics/slices.ts';
import { spacing, ulpP99 } from '../../../harness/metrics/ulp.ts';
import { WORST, worstElements } from '../../../harness/metrics/worst.ts';
import { float32, fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import { random } from '../../support/random.ts';

const SEED = { seed: 20_260_101, numRuns: 200 };
const strange = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0),
);
const pairs = fc.array(fc.tuple(strange, strange), { minLength: 1, maxLength: 40 }).map((rows) => ({
  a: Float64Array.from(rows, ([x]) => x),
  b: Float64Array.from(rows, ([, y]) => y),
}));

describe('difference', () => {
  it('counts every element once: compared, non-finite alike, or non-finite on one side', () => {
    fc.assert(
      fc.property(pairs, ({ a, b }) => {
        const d = difference(a, b, null);
        expect(d.compared + d.nonFinite + d.nonFiniteAlike).toBe(a.length);
        expect(Number.isFinite(d.rms) && d.rms <= d.maxAbs && d.maxAbs >= 0).toBe(true);
      }),
      SEED,
    );
  });

  it('is symmetric, and zero only where nothing differs', () => {
    fc.assert(
      fc.property(pairs, ({ a, b }) => {
        expect(difference(b, a, null).rms).toBe(difference(a, b, null).rms);
        const same = difference(a, a, null);
        expect([same.rms, same.nonFinite]).toEqual([0, 0]);
      }),
      SEED,
    );
  });

  it('takes slack from the error, never below nothing', () => {
    const d = difference(Float64Array.of(1, 2, 9), Float64Array.of(0, 2, 2), Float64Array.of(5, 5, 5));
    expect(d).toMatchObject({ rms: Math.sqrt(4 / 3), maxAbs: 2, compared: 3 });
  });

  it('tells infinities of opposite sign, and NaN from infinity', () => {
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    expect(difference(Float64Array.of(inf, nan, nan, inf), Float64Array.of(-inf, inf, nan, inf), null)).toMatchObject({
      nonFinite: 2,
      nonFiniteAlike: 2,
      compared: 0,
    });
  });

  it('has no cosine with nothing', () => {
    expect(difference(Float64Array.of(1, 2), Float64Array.of(0, 0), null).cosine).toBeNull();
    expect(difference(Float64Array.of(1, 2), Float64Array.of(-2, -4), null).cosine).toBeCloseTo(-1, 12);
  });
});

describe('ulp', () => {
  it('spaces numbers as their type does', () => {
    expect([spacing(1, 'float32'), spacing(1.99, 'float32'), spacing(-2, 'float32')]).toEqual([
      2 ** -23,
      2 ** -23,
      2 ** -22,
    ]);
    expect([spacing(1, 'float16'), spacing(0, 'float16'), spacing(1e-7, 'float16')]).toEqual([
      2 ** -10,
      2 ** -24,
      2 ** -24,
    ]);
    expect([spacing(1, 'bfloat16'), spacing(1, 'float64'), spacing(0, 'float32')]).toEqual([
      2 ** -7,
      2 ** -52,
      2 ** -149,
    ]);
  });

  it('is the distance to a neighbour, for any float32', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(1e-30), max: Math.fround(1e30), noNaN: true }), (x) => {
        const bits = new Int32Array(Float32Array.of(x).buffer);
        bits[0] = (bits[0] as number) + 1;
        const next = new Float32Array(bits.buffer)[0] as number;
        const units = (next - x) / spacing(x, 'float32');
        expect(units).toBe(1);
      }),
      SEED,
    );
  });

  it('is what 99 % of the elements stay below', () => {
    const right = new Float64Array(1000).fill(1);
    const p99 = (a: Float64Array, b: Float64Array) => ulpP99(difference(a, b, null, asked('float32')));
    const off = (count: number, units: number) => right.map((x, i) => (i < count ? x + units * 2 ** -23 : x));
    expect([p99(right, right), p99(off(10, 900), right), p99(off(11, 900), right)]).toEqual([0, 0, 1024]);
    expect(
      p99(
        right.map((x, i) => (i < 11 ? Number.NaN : x)),
        right,
      ),
    ).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('slices', () => {
  it('are as many as each axis is long, where they are not too small', () => {
    const a = toNumbers(random([3, 5, 8], 1));
    expect(sliceRms(a, null, [3, 5, 8], null).map(({ axis, rms }) => [axis, rms.length])).toEqual([
      [0, 3],
      [1, 5],
      [2, 8],
    ]);
    expect(sliceRms(a.subarray(0, SMALLEST_SLICE * 2), null, [SMALLEST_SLICE * 2], null)).toEqual([]);
    expect(sliceRms(a, null, [120, 1], null)).toEqual([]);
  });

  it('hold together the rms of the whole, on every axis', () => {
    const [a, b] = [toNumbers(random([5, 7, 11], 2)), toNumbers(random([5, 7, 11], 3))];
    const whole = difference(a, b, null).rms;
    for (const { rms } of sliceRms(a, b, [5, 7, 11], null)) {
      expect(Math.sqrt(rms.reduce((s, x) => s + x * x, 0) / rms.length)).toBeCloseTo(whole, 10);
    }
  });

  it('show one bad channel that the whole averages away', () => {
    const a = new Float64Array(100 * 50);
    const b = a.map((_, i) => (Math.floor(i / 50) === 42 ? 1 : 0));
    const [channels] = sliceRms(a, b, [100, 50], null);
    expect([...channels!.rms].flatMap((x, i) => (x > 0 ? [[i, x]] : []))).toEqual([[42, 1]]);
  });
});

describe('worst elements', () => {
  it('are those that differ most, worst first, the non-finite before all, and none that are equal', () => {
    const right = new Float64Array(60);
    const wrong = right.map((_, i) => (i === 7 ? Number.NaN : i % 4 === 0 ? i : 0));
    const worst = worstElements(wrong, right, null, [3, 4, 5]);
    expect(worst).toHaveLength(WORST);
    expect(worst[0]).toEqual({ index: [0, 1, 2], subject: 'NaN', reference: 0, oracle: null });
    expect(worst.slice(1).map((w) => w.subject)).toEqual([56, 52, 48, 44, 40, 36, 32]);
    expect(worstElements(right, right, null, [60])).toEqual([]);
  });
});

describe('error map', () => {
  it('stays small, and shows an error in its place however large the tensor', () => {
    const right = new Float64Array(64 * 8 * 16 * 16);
    const wrong = right.slice();
    wrong[right.length - 1] = 1;
    const map = errorMap(wrong, right, [64, 8, 16, 16], 1e-3)!;
    expect(map.rows * map.columns).toBeLessThanOrEqual(32 * 48);
    expect(map.cells.filter((c) => c !== null)).toEqual([3]);
    expect(map.cells.at(-1)).toBe(3);
  });

  it('shows NaN on one side as beyond any error, and nothing of one number', () => {
    expect(errorMap(Float64Array.of(Number.NaN, 0), Float64Array.of(0, 0), [2], 1)?.cells).toContain(12);
    expect(errorMap(Float64Array.of(1), Float64Array.of(0), [], 1)).toBeNull();
  });
});

describe('sketches', () => {
  it('of the same numbers in another order are alike, of others are not', () => {
    const tensor = random([7, 11, 13], 4);
    const reversed = float32([13, 11, 7], toNumbers(tensor).toReversed());
    expect(dissimilarity(sketchOf(tensor), sketchOf(reversed))).toBeLessThan(1e-9);
    expect(dissimilarity(sketchOf(tensor), sketchOf(random([7, 11, 13], 5, 1)))).toBeGreaterThan(0.1);
    expect(dissimilarity(sketchOf(tensor), sketchOf(fromNumbers('int64', [2], [1, 2])))).toBe(1);
  });

  it('measure how far elements are in place', () => {
    const tensor = random([40, 40], 6);
    const data = toNumbers(tensor);
    expect(sampleDistance(sketchOf(tensor), (i) => data[i] as number)).toBe(0);
    expect(
      sampleDistance(sketchOf(tensor), (i) => data[(i * 40 + Math.floor(i / 40)) % 1600] as number),
    ).toBeGreaterThan(1);
  });
});

describe('exact comparison and numbers for JSON', () => {
  it('counts NaN as equal to itself, and nothing else', () => {
    expect(countDifferent(float32([4], [Number.NaN, 0, 1, 2]), float32([4], [Number.NaN, -0, 1, 3]))).toBe(1);
  });

  it('keeps what JSON cannot hold as text', () => {
    expect([Number.NaN, Infinity, -Infinity, 0.1].map(jsonNumber)).toEqual(['NaN', 'Infinity', '-Infinity', 0.1]);
  });
});
