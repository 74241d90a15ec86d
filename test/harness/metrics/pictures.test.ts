import { describe, expect, it } from '@jest/globals';
import { errorMap } from '../../../harness/metrics/error-map.ts';
import { countDifferent } from '../../../harness/metrics/exact.ts';
import { dissimilarity, SAMPLES, sampleDistance, sketchOf } from '../../../harness/metrics/sketch.ts';
import { WORST, createWorstMeter, worstElements } from '../../../harness/metrics/worst.ts';
import { float32, fromNumbers } from '../../../harness/tensor.ts';
import type { Sketch } from '../../../harness/types/sketch.ts';
import type { Shape, Tensor } from '../../../harness/types/tensor.ts';
import { random } from '../../support/random.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];

describe('an error map', () => {
  /** The cells that are not empty, as [row, column, level]. */
  const cells = (shape: Shape, errors: Record<number, number>, allowed = 1) => {
    const right = new Float64Array(shape.reduce((a, b) => a * b, 1));
    const map = errorMap(
      right.map((_, i) => errors[i] ?? 0),
      right,
      shape,
      allowed,
    )!;
    const found = map.cells.flatMap((level, k) =>
      level === null ? [] : [[Math.floor(k / map.columns), k % map.columns, level]],
    );
    return { ...map, cells: found };
  };

  it('has a row for each of the first axes together, and a column for each element of the last', () => {
    expect(cells([2, 3, 5], { 7: 100, 29: 0.1 })).toEqual({
      rows: 6,
      columns: 5,
      axes: ['axis 0 (2) × axis 1 (3)', 'axis 2 (5)'],
      cells: [
        [1, 2, 2],
        [5, 4, -1],
      ],
    });
    expect(cells([3, 5], { 8: 10 })).toMatchObject({
      rows: 3,
      columns: 5,
      axes: ['axis 0 (3)', 'axis 1 (5)'],
      cells: [[1, 3, 1]],
    });
    expect(cells([2, 3, 1, 2, 5], { 59: 10 })).toMatchObject({ rows: 12, columns: 5, cells: [[11, 4, 1]] });
  });

  it('puts the rows of an image side by side', () => {
    expect(cells([2, 3, 4, 5], { 25: 10, 119: 1000 })).toEqual({
      rows: 6,
      columns: 20,
      axes: ['axis 0 (2) × axis 1 (3)', 'axis 2 (4) × axis 3 (5)'],
      cells: [
        [1, 5, 1],
        [5, 19, 3],
      ],
    });
  });

  it('lays a vector out in runs', () => {
    expect(cells([100], { 0: 10, 35: 10, 99: 100 })).toEqual({
      rows: 3,
      columns: 34,
      axes: ['runs of 34', 'element'],
      cells: [
        [0, 0, 1],
        [1, 1, 1],
        [2, 31, 2],
      ],
    });
    expect(cells([48], { 47: 10 })).toMatchObject({ rows: 1, columns: 48, cells: [[0, 47, 1]] });
  });

  it('pools what does not fit, and keeps the largest of a cell', () => {
    const map = cells([64, 96], { 0: 10, 1: 1000, 96: 100, 97: 1, [63 * 96 + 95]: 10 });
    expect([map.rows, map.columns]).toEqual([32, 48]);
    expect(map.cells).toEqual([
      [0, 0, 3],
      [31, 47, 1],
    ]);
  });

  it('counts in what is allowed, rounded to a hundredth, and never beyond twelve', () => {
    expect(cells([2, 2], { 0: 3, 1: 3e-5 }, 1e-4).cells).toEqual([
      [0, 0, 4.48],
      [0, 1, -0.52],
    ]);
    expect(cells([2, 2], { 0: 1, 3: 1e300 }, 0).cells).toEqual([
      [0, 0, 12],
      [1, 1, 12],
    ]);
  });

  it('shows disagreement about what is finite as beyond any error, and agreement as none', () => {
    const map = errorMap(Float64Array.of(NAN, NAN, INF, 1), Float64Array.of(NAN, 1, -INF, 1), [2, 2], 1)!;
    expect(map.cells).toEqual([null, 12, 12, null]);
    expect(errorMap(Float64Array.of(1, 2), Float64Array.of(0, 2), [2], 1)?.cells).toEqual([0, null]);
    expect(errorMap(Float64Array.of(30, 2), Float64Array.of(20, 2), [2], 1)?.cells).toEqual([1, null]);
  });
});

describe('the worst elements', () => {
  const right = new Float64Array(30);

  it('keep their order where errors are equal, and show all three sides', () => {
    const wrong = right.map((_, i) => (i % 3 === 0 ? 2 : i % 3 === 1 ? -1 : 0));
    const worst = worstElements(
      wrong,
      right,
      right.map((_, i) => i),
      [5, 6],
    );
    expect(worst.map(({ index }) => index)).toEqual([
      [0, 0],
      [0, 3],
      [1, 0],
      [1, 3],
      [2, 0],
      [2, 3],
      [3, 0],
      [3, 3],
    ]);
    expect(worst[1]).toEqual({ index: [0, 3], subject: 2, reference: 0, oracle: 3 });
  });

  it('are found last, too', () => {
    const wrong = right.map((_, i) => i);
    expect(worstElements(wrong, right, null, [30]).map(({ index }) => index[0])).toEqual([
      29, 28, 27, 26, 25, 24, 23, 22,
    ]);
    expect(worstElements(wrong, right, null, [30])[0]).toEqual({
      index: [29],
      subject: 29,
      reference: 0,
      oracle: null,
    });
  });

  it('are as few as differ', () => {
    expect(worstElements(Float64Array.of(1, NAN, 3), Float64Array.of(1, NAN, 2), null, [3])).toHaveLength(1);
    expect(worstElements(Float64Array.of(INF, 5), Float64Array.of(INF, 5), null, [2])).toEqual([]);
  });

  it('are the same however the tensors are cut', () => {
    const wrong = Float64Array.from(random([30], 1).data as Float32Array);
    for (const step of [1, 7, 29]) {
      const meter = createWorstMeter();
      for (let i = 0; i < 30; i += step) meter.add(wrong.subarray(i, i + step), right.subarray(i, i + step));
      expect(meter.finish(null, [5, 6])).toEqual(worstElements(wrong, right, null, [5, 6]));
    }
    expect(WORST).toBe(8);
  });
});

describe('a count of what differs', () => {
  it('holds every element to its own', () => {
    const whole = (...data: number[]) => fromNumbers('int32', [data.length], data);
    expect(countDifferent(whole(1, 2, 3), whole(1, 2, 3))).toBe(0);
    expect(countDifferent(whole(1, 2, 3), whole(3, 2, 1))).toBe(2);
    expect(countDifferent(whole(), whole())).toBe(0);
    const text = (...data: string[]): Tensor => ({ dtype: 'string', shape: [data.length], data });
    expect(countDifferent(text('a', 'b'), text('a', 'c'))).toBe(1);
    expect(countDifferent(float32([2], [0, NAN]), float32([2], [-0, NAN]))).toBe(0);
  });
});

describe('a sketch', () => {
  it('holds a few numbers of a tensor, over what is finite', () => {
    const sketch = sketchOf(float32([2, 4], [3, -4, 0, 0, NAN, INF, -INF, -1]));
    expect(sketch).toMatchObject({
      shape: [2, 4],
      float: true,
      mean: -2 / 5,
      rms: Math.sqrt(26 / 5),
      negative: 2 / 5,
      zero: 2 / 5,
      largest: 4,
    });
    expect(Array.from(sketch.offsets)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(Array.from(sketch.samples)).toEqual([3, -4, 0, 0, NAN, INF, -INF, -1]);
    expect(sketchOf(float32([1], [NAN]))).toMatchObject({ mean: 0, rms: 0, negative: 0, zero: 0, largest: 0 });
    expect(sketchOf(fromNumbers('int64', [1], [-3]))).toMatchObject({ float: false, mean: -3, largest: 3 });
  });

  it('samples all of a small tensor, and 512 spread elements of a large one', () => {
    const sizes = [SAMPLES, SAMPLES + 1, 100_003];
    const sketches = sizes.map((size) => sketchOf(random([size], 1)));
    expect(sketches.map(({ offsets }) => offsets.length)).toEqual([SAMPLES, SAMPLES, SAMPLES]);
    expect(Array.from(sketches[0]!.offsets)).toEqual([...Array(SAMPLES).keys()]);
    const { offsets, samples } = sketches[2]!;
    const data = random([100_003], 1).data;
    expect(offsets.every((offset, k) => samples[k] === data[offset])).toBe(true);
    const tenths = new Set(Array.from(offsets, (offset) => Math.floor((10 * offset) / 100_003)));
    expect([...tenths].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(offsets).size).toBe(SAMPLES);
  });

  const like = (more: Partial<Sketch>): Sketch => ({ ...sketchOf(float32([4], [1, 1, -1, 0])), ...more });
  const base = like({ rms: 2, mean: 1, largest: 4, negative: 0.25, zero: 0.25 });

  it.each([
    [{}, 0],
    [{ rms: 1 }, 0.5],
    [{ rms: 4 }, 0.5],
    [{ mean: 0 }, 0.5],
    [{ mean: -9 }, 1],
    [{ largest: 3 }, 0.25],
    [{ largest: 99 }, 0.5],
    [{ negative: 0.5 }, 0.25],
    [{ zero: 1 }, 0.75],
    [{ float: false }, 1],
  ])('that differs by %j is %d away', (change, expected) => {
    const other = { ...base, ...change };
    expect(dissimilarity(base, other)).toBe(expected);
    expect(dissimilarity(other, base)).toBe(expected);
  });

  it('of zeros is as good as another of zeros', () => {
    const zeros = sketchOf(float32([3], [0, 0, 0]));
    expect(dissimilarity(zeros, zeros)).toBe(0);
  });

  it('is held against elements in place', () => {
    const sketch = sketchOf(float32([4], [3, 4, NAN, 0]));
    expect(sampleDistance(sketch, () => 0)).toBe(1);
    expect(sampleDistance(sketch, (i) => [3, 4, 9, 2.5][i]!)).toBe(0.5);
    expect(sampleDistance(sketch, (i) => [NAN, 4, 1, 0][i]!)).toBe(0);
    const zeros = sketchOf(float32([2], [0, 0]));
    expect([sampleDistance(zeros, () => 0), sampleDistance(zeros, () => 1)]).toEqual([0, INF]);
  });
});
