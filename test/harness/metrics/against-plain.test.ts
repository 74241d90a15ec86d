import { describe, expect, it } from '@jest/globals';
import { difference, noiseBetween, sameKind } from '../../../harness/metrics/difference.ts';
import { asked, BUCKETS } from '../../../harness/metrics/fused/block.ts';
import { SMALLEST_SLICE, createSliceMeter, sliceRms } from '../../../harness/metrics/slices.ts';
import { spacing, ulpP99 } from '../../../harness/metrics/ulp.ts';
import { stridesOf } from '../../../harness/shape.ts';
import { toNumbers } from '../../../harness/tensor.ts';
import type { DataType, Shape } from '../../../harness/types/tensor.ts';
import { random } from '../../support/random.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];
const numbers = (size: number, seed: number): Float64Array => toNumbers(random([size], seed));
const wild = (x: Float64Array, seed: number): Float64Array =>
  x.map((v, i) => ([NAN, INF, -INF, 0][(i * seed) % 41] as number | undefined) ?? v);

describe('the measures against their definitions', () => {
  const [a, b] = [numbers(1009, 1), numbers(1009, 2)];
  const slack = numbers(1009, 3).map((x) => Math.abs(x));
  const sum = (of: (i: number) => number): number => a.reduce((total, _, i) => total + of(i), 0);

  it('norms, cosine and rms', () => {
    const d = difference(a, b, null);
    const [aa, bb] = [sum((i) => a[i]! ** 2), sum((i) => b[i]! ** 2)];
    expect(d.rms).toBeCloseTo(Math.sqrt(sum((i) => (a[i]! - b[i]!) ** 2) / 1009), 12);
    expect(d.subjectRms).toBeCloseTo(Math.sqrt(aa / 1009), 12);
    expect(d.referenceRms).toBeCloseTo(Math.sqrt(bb / 1009), 12);
    expect(d.cosine).toBeCloseTo(sum((i) => a[i]! * b[i]!) / Math.sqrt(aa * bb), 12);
    expect([d.elements, d.compared, d.nonFinite, d.nonFiniteAlike, d.equal]).toEqual([1009, 1009, 0, 0, 0]);
  });

  it('the largest error, and where it is first', () => {
    const errors = a.map((x, i) => Math.abs(x - b[i]!));
    const d = difference(a, b, null);
    expect([d.maxAbs, d.maxAbsAt]).toEqual([Math.max(...errors), errors.indexOf(Math.max(...errors))]);
    expect(difference(a, a, null)).toMatchObject({ maxAbs: 0, maxAbsAt: -1, equal: 1009 });
    expect(difference(Float64Array.of(0, 1, 1), Float64Array.of(0, 0, 0), null).maxAbsAt).toBe(1);
  });

  it('the largest error relative to its reference', () => {
    expect(difference(a, b, null).maxRelative).toBe(
      Math.max(...a.map((x, i) => Math.abs(x - b[i]!) / Math.abs(b[i]!))),
    );
    const relative = (x: number, y: number): number =>
      difference(Float64Array.of(x, 1.5), Float64Array.of(y, 1), null).maxRelative;
    expect([relative(0, 0), relative(2, 1), relative(-1, 1), relative(1, 0)]).toEqual([0.5, 1, 2, INF]);
  });

  it('slack is taken from every error, and from nothing else', () => {
    const rest = a.map((x, i) => Math.max(0, Math.abs(x - b[i]!) - slack[i]!));
    const d = difference(a, b, slack);
    expect(d.rms).toBeCloseTo(Math.sqrt(rest.reduce((s, e) => s + e * e, 0) / 1009), 12);
    expect([d.maxAbs, d.maxAbsAt]).toEqual([Math.max(...rest), rest.indexOf(Math.max(...rest))]);
    expect([d.subjectRms, d.cosine]).toEqual([difference(a, b, null).subjectRms, difference(a, b, null).cosine]);
    expect(noiseBetween(a, b, slack)).toBe(d.rms);
  });

  it('elements that exceed an absolute and a relative part together', () => {
    const count = (absolute: number, relative: number): number =>
      sum((i) => (Math.abs(a[i]! - b[i]!) > absolute + relative * Math.abs(b[i]!) ? 1 : 0));
    for (const [absolute, relative] of [
      [0.1, 0],
      [0, 0.5],
      [0.3, 0.2],
    ] as const)
      expect(difference(a, b, null, asked('float32', absolute, relative)).exceeding).toBe(count(absolute, relative));
    expect(difference(a, b, null).exceeding).toBe(0);
    expect(difference(Float64Array.of(3), Float64Array.of(1), null, asked('float32', 2)).exceeding).toBe(0);
  });

  it('what is not finite is counted by kind, and in no norm', () => {
    const [x, y] = [wild(a, 3), wild(b, 7)];
    const both = (i: number) => Number.isFinite(x[i]) && Number.isFinite(y[i]);
    const alike = (i: number) => !both(i) && Object.is(x[i], y[i]);
    const d = difference(x, y, null);
    const compared = sum((i) => Number(both(i)));
    expect([d.compared, d.nonFiniteAlike, d.nonFinite]).toEqual([
      compared,
      sum((i) => Number(alike(i))),
      sum((i) => Number(!both(i) && !alike(i))),
    ]);
    expect([d.nonFiniteSubject, d.nonFiniteReference]).toEqual([
      sum((i) => Number(!Number.isFinite(x[i]))),
      sum((i) => Number(!Number.isFinite(y[i]))),
    ]);
    expect(d.rms).toBeCloseTo(Math.sqrt(sum((i) => (both(i) ? (x[i]! - y[i]!) ** 2 : 0)) / compared), 12);
    expect(d.equal).toBe(sum((i) => Number(x[i] === y[i] || Object.is(x[i], y[i]))));
  });

  it('of nothing finite are zero, not NaN', () => {
    const d = difference(Float64Array.of(NAN, INF), Float64Array.of(NAN, -INF), null);
    expect(d).toMatchObject({ rms: 0, subjectRms: 0, referenceRms: 0, cosine: null, compared: 0, maxAbsAt: -1 });
    expect(difference(new Float64Array(0), new Float64Array(0), null)).toMatchObject({ elements: 0, rms: 0 });
  });

  it('kinds of number are told apart', () => {
    const kinds = [1, NAN, INF, -INF];
    kinds.forEach((x, i) => kinds.forEach((y, j) => expect(sameKind(x, y)).toBe(i === j)));
    expect(sameKind(1, 2)).toBe(true);
  });

  it.each(['float32', 'float64', 'float16', 'bfloat16'] as const)(
    'the histogram counts powers of two of units: %s',
    (dtype) => {
      const near = b.map((x, i) => x + spacing(x, dtype) * [0, 0.5, 1, 1.5, 2, 3, 4, 5, 1000, -7][i % 10]!);
      const expected = new Float64Array(BUCKETS);
      for (const [i, x] of near.entries()) {
        const units = Math.abs(x - b[i]!) / spacing(b[i]!, dtype);
        expected[units <= 1 ? 0 : Math.ceil(Math.log2(units))]!++;
      }
      expect(difference(near, b, null, asked(dtype)).histogram).toEqual(expected);
    },
  );

  it('errors beyond 2^63 units have a bucket of their own', () => {
    const { histogram } = difference(Float64Array.of(1e30, 2 ** 40), Float64Array.of(1, 1), null, asked('float32'));
    expect([histogram[BUCKETS - 1], histogram[BUCKETS - 2], histogram.reduce((s, n) => s + n, 0)]).toEqual([1, 1, 2]);
  });
});

describe('the 99th percentile of units', () => {
  const p99 = (a: Float64Array, b: Float64Array, dtype: DataType = 'float32') =>
    ulpP99(difference(a, b, null, asked(dtype)));
  const ones = new Float64Array(200).fill(1);
  const off = (count: number, by: (i: number) => number) => ones.map((x, i) => (i < count ? by(i) : x));

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 4],
    [1024, 1024],
    [1025, 2048],
  ])('of errors of %d units is %d', (units, expected) => {
    expect(
      p99(
        off(200, () => 1 + units * 2 ** -23),
        ones,
      ),
    ).toBe(expected);
  });

  it('leaves out one in a hundred, and not more', () => {
    expect(
      p99(
        off(2, () => 5),
        ones,
      ),
    ).toBe(0);
    expect(
      p99(
        off(3, () => 1 + 2 ** -20),
        ones,
      ),
    ).toBe(8);
    expect(
      p99(
        off(2, () => NAN),
        ones,
      ),
    ).toBe(0);
    expect(
      p99(
        off(3, () => NAN),
        ones,
      ),
    ).toBe(INF);
    expect(
      p99(
        off(3, () => 1e300),
        ones,
      ),
    ).toBe(INF);
  });

  it('takes what is non-finite alike for equal', () => {
    const some = off(100, (i) => [NAN, INF, -INF][i % 3]!);
    expect(p99(some, some)).toBe(0);
    expect(
      p99(
        some.map((x) => (x === 1 ? 1 + 2 ** -22 : x)),
        some,
      ),
    ).toBe(2);
  });
});

describe('the spacing of numbers', () => {
  it.each([
    ['float64', 2 ** -1074],
    ['float32', 2 ** -149],
    ['float16', 2 ** -24],
    ['bfloat16', 2 ** -133],
  ] as const)('of %s does not shrink below that of its smallest normal number', (dtype, least) => {
    for (const x of [0, -0, least, 2 * least]) expect(spacing(x, dtype)).toBe(least);
    expect(spacing(-1, dtype)).toBe(spacing(1.5, dtype));
    expect(spacing(2, dtype)).toBe(2 * spacing(1, dtype));
  });

  it('is exact at and just below every power of two', () => {
    for (let k = -120; k <= 120; k++) {
      expect(spacing(2 ** k, 'float32')).toBe(2 ** (k - 23));
      expect(spacing(2 ** k * (1 - 2 ** -53), 'float32')).toBe(2 ** (k - 24));
    }
  });

  it('of whole numbers is nothing', () => {
    expect(spacing(5, 'int32')).toBe(0);
  });
});

describe('slices against their definition', () => {
  /** Rms along one axis by the definition. */
  function plain(a: Float64Array, b: Float64Array, shape: Shape, axis: number, slack: Float64Array | null) {
    const stride = stridesOf(shape)[axis] as number;
    return Float64Array.from({ length: shape[axis] as number }, (_, slice) => {
      const errors = [...a.keys()]
        .filter((i) => Math.floor(i / stride) % (shape[axis] as number) === slice)
        .map((i) => Math.max(0, Math.abs(a[i]! - b[i]!) - (slack?.[i] ?? 0)))
        .filter(Number.isFinite);
      return Math.sqrt(errors.reduce((s, e) => s + e * e, 0) / Math.max(1, errors.length));
    });
  }

  const closeTo = (x: Float64Array, y: Float64Array): void => {
    expect(x).toHaveLength(y.length);
    x.forEach((v, i) => expect(v).toBeCloseTo(y[i]!, 12));
  };

  it.each([[[5, 7, 11]], [[3, 5, 7, 2]], [[1, 13, 1, 17]], [[19, 11]], [[2, 3, 2, 3, 5, 7]]])(
    'of shape %j',
    (shape) => {
      const size = shape.reduce((x, y) => x * y, 1);
      const [a, b, slack] = [numbers(size, 1), numbers(size, 2), numbers(size, 3).map((x) => Math.abs(x) / 2)];
      for (const [x, y] of [
        [a, b],
        [wild(a, 3), wild(b, 5)],
      ] as const) {
        for (const s of [null, slack]) {
          const slices = sliceRms(x, y, shape, s);
          const axes = [...shape.keys()].filter((k) => shape[k]! > 1 && size / shape[k]! >= SMALLEST_SLICE);
          expect(slices.map(({ axis }) => axis)).toEqual(axes);
          for (const { axis, rms, sizes } of slices) {
            closeTo(rms, plain(x, y, shape, axis, s));
            closeTo(sizes, plain(y, new Float64Array(size), shape, axis, null));
          }
        }
      }
      for (const { axis, rms } of sliceRms(a, null, shape, null))
        closeTo(rms, plain(a, new Float64Array(size), shape, axis, null));
    },
  );

  it('are the same to the last bit however the tensors are cut', () => {
    const [a, b] = [wild(numbers(1155, 4), 3), wild(numbers(1155, 5), 7)];
    const whole = sliceRms(a, b, [3, 5, 7, 11], null);
    for (const step of [1, 10, 11, 12, 500, 1154]) {
      const meter = createSliceMeter([3, 5, 7, 11]);
      for (let i = 0; i < 1155; i += step) meter.add(a.subarray(i, i + step), b.subarray(i, i + step), null);
      expect(meter.finish()).toEqual(whole);
    }
  });

  it('are none of a scalar, of nothing, and where all are small', () => {
    expect(sliceRms(Float64Array.of(1), Float64Array.of(2), [], null)).toEqual([]);
    expect(sliceRms(new Float64Array(0), new Float64Array(0), [0, 5], null)).toEqual([]);
    expect(sliceRms(numbers(21, 1), numbers(21, 2), [3, 7], null)).toEqual([]);
    expect(sliceRms(numbers(24, 1), numbers(24, 2), [3, 8], null).map(({ axis }) => axis)).toEqual([0]);
  });
});
