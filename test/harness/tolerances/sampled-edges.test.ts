import { describe, expect, it } from '@jest/globals';
import { LARGE, SAMPLE, settledBySample } from '../../../harness/tolerances/sampled.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { Evidence } from '../../../harness/types/tolerance.ts';

/** By how much each version is off at element i; nothing where left out. */
interface Off {
  readonly framework?: (i: number) => number;
  readonly naive?: (i: number) => number;
  /** Of the subject from the framework. */
  readonly apart?: (i: number) => number;
  /** Elements of the exact version and of float32's replay that are something else. */
  readonly exactly?: ReadonlyMap<number, number>;
  readonly replayed?: ReadonlyMap<number, number>;
}

const always = (x: number) => () => x;
/** One unit of rounding of numbers of size 1 in float32. */
const UNIT = 2 * 2 ** -24 + 2 ** -126;

/** Judges a tensor of ones; the middle of each run of elements is drawn. */
function judged(shape: Shape, off: Off, parts = Number.POSITIVE_INFINITY) {
  const sign = (i: number): number => (i % 3 === 0 ? 1 : -1);
  const by = (x: Float64Array, error: Off['apart']) => x.map((v, i) => v + sign(i) * (error?.(i) ?? 0));
  const exact = new Float64Array(shape.reduce((n, d) => n * d, 1)).fill(1);
  const reference = by(exact, off.framework);
  const subject = by(reference, off.apart);
  const naive = by(exact, off.naive);
  const asked: (readonly number[])[] = [];
  const ask = (elements: Int32Array) => {
    asked.push([...elements]);
    if (asked.length > parts) return null;
    const pick = (x: Float64Array, odd: Off['exactly']) =>
      Float64Array.from(elements, (i) => odd?.get(i) ?? (x[i] as number));
    return { r64: pick(exact, off.exactly), n32: pick(naive, off.replayed) };
  };
  const evidence: Evidence = { subject, reference, oracle: null, slack: null, shape, dtype: 'float32', scale: 0 };
  return { judgement: settledBySample(evidence, ask, () => 0.5), asked };
}

describe('by a sample', () => {
  it('tensors of LARGE elements and more are settled', () => {
    expect(judged([64, LARGE / 64], {}).judgement?.passes).toBe(true);
    expect(judged([LARGE - 1], {}).judgement).toBeNull();
    expect(judged([LARGE - 1], {}).asked).toEqual([]);
  });

  it('up to three noise floors and one rounding are allowed, of whichever strays further: framework or float32', () => {
    const shape = [128, 64];
    for (const [framework, naive] of [
      [1e-5, 1e-7],
      [1e-7, 1e-5],
    ] as const) {
      const off = { framework: always(framework), naive: always(naive) };
      const near = judged(shape, { ...off, apart: always(2.9e-5) }).judgement;
      expect(near).toMatchObject({ passes: true, band: 'rounding', suspect: null });
      expect(near?.measured).toBeCloseTo(2.9e-5, 12);
      expect(near?.allowed).toBeCloseTo(3e-5 + UNIT, 12);
      expect(judged(shape, { ...off, apart: always(3.1e-5) }).judgement).toBeNull();
      expect(judged(shape, { ...off, apart: always(0.9e-5) }).judgement?.band).toBe('same');
    }
    expect(judged(shape, { apart: always(0.9 * UNIT) }).judgement).toMatchObject({ passes: true, band: 'rounding' });
    expect(judged(shape, { apart: always(1.1 * UNIT) }).judgement).toBeNull();
    expect(judged(shape, {}).judgement).toMatchObject({ band: 'same', measured: 0, allowed: UNIT });
  });

  it('nothing is proven where the framework strays further from the oracle than 500 floors and roundings', () => {
    const shape = [128, 64];
    expect(judged(shape, { framework: always(490 * UNIT) }).judgement?.passes).toBe(true);
    expect(judged(shape, { framework: always(510 * UNIT) }).judgement).toBeNull();
    expect(judged(shape, { framework: always(510 * UNIT), naive: always(UNIT) }).judgement?.passes).toBe(true);
  });

  it('nothing is proven of what is not finite, be it on both sides alike, and drawn or not', () => {
    const shape = [128, 64];
    const at = (place: number) => ({ framework: (i: number) => (i === place ? Number.NaN : 0) });
    for (const place of [1, 4]) expect(judged(shape, at(place)).judgement).toBeNull();
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY])
      for (const where of ['exactly', 'replayed']) {
        expect(judged(shape, { [where]: new Map([[12, odd]]) }).judgement).toBeNull();
        // That element is not drawn.
        expect(judged(shape, { [where]: new Map([[13, odd]]) }).judgement?.passes).toBe(true);
      }
  });
});

describe('a row among a thousand', () => {
  const SHAPE = [1024, 64] as const;
  const floor = { framework: always(1e-5), naive: always(1e-5) };
  const row = (i: number): number => Math.floor(i / 64);
  /** So many rows stray by 20 floors; of the whole that is less than two. */
  const rows = (count: number, floors = 20) => ({ apart: (i: number) => (row(i) < count ? floors * 1e-5 : 0) });
  /** The first rows have noise of their own, but for the column that is drawn of every row. */
  const own = (count: number, noise: number) => (i: number) => (row(i) < count && i % 64 !== 32 ? noise : 1e-5);

  it('may stray fifteen floors without being looked at', () => {
    const { judgement, asked } = judged(SHAPE, { ...floor, ...rows(1, 14.9) });
    expect([judgement?.passes, asked.length]).toEqual([true, 1]);
    expect(judged(SHAPE, { ...floor, ...rows(1, 15.5) }).judgement).toBeNull();
  });

  it('may stray one rounding of its own size', () => {
    const small = { framework: always(0), naive: always(0) };
    expect(judged(SHAPE, { ...small, apart: (i) => (row(i) < 1 ? 0.9 * UNIT : 0) }).asked).toHaveLength(1);
    expect(judged(SHAPE, { ...small, apart: (i) => (row(i) < 1 ? 1.1 * UNIT : 0) }).judgement).toBeNull();
  });

  it.each(['framework', 'naive'] as const)('may stray fifteen times as far as the %s strays there', (which) => {
    const { judgement, asked } = judged(SHAPE, { ...floor, [which]: own(1, 1.4e-5), ...rows(1) });
    expect([judgement?.passes, asked.length]).toEqual([true, 2]);
    expect(judged(SHAPE, { ...floor, [which]: own(1, 1.3e-5), ...rows(1) }).judgement).toBeNull();
  });

  it('is one of eight at most that are looked at, each at 64 elements', () => {
    const noisy = (count: number) => judged(SHAPE, { ...floor, naive: own(count, 2e-5), ...rows(count) });
    const eight = noisy(8);
    expect([eight.judgement?.passes, eight.asked.map((elements) => elements.length)]).toEqual([
      true,
      [SAMPLE, ...Array.from({ length: 8 }, () => 64)],
    ]);
    const nine = noisy(9);
    expect([nine.judgement, nine.asked.length]).toEqual([null, 1]);
  });

  it('proves nothing where the oracle has no part of it', () => {
    const { judgement, asked } = judged(SHAPE, { ...floor, naive: own(1, 2e-5), ...rows(1) }, 1);
    expect([judgement, asked.length]).toEqual([null, 2]);
  });
});

describe('the elements that are drawn of a slice', () => {
  it.each([
    [[1024, 64], 0, 77],
    [[64, 1024], 1, 77],
    [[8, 1024, 8], 1, 77],
    [[16, 8, 1024], 2, 77],
    [[1024, 16, 8], 0, 77],
  ] as const)('of %j, axis %d, all lie in slice %d, each once at most', (shape, axis, slice) => {
    const stride = shape.slice(axis + 1).reduce((n, d) => n * d, 1);
    const isIn = (i: number): boolean => Math.floor(i / stride) % 1024 === slice;
    const noise = always(1e-5);
    const { asked } = judged(shape, { framework: noise, naive: noise, apart: (i) => (isIn(i) ? 20e-5 : 0) });
    expect(asked).toHaveLength(2);
    const drawn = asked[1] as readonly number[];
    expect(drawn.filter(isIn)).toHaveLength(64);
    expect(new Set(drawn).size).toBe(64);
    expect(Math.max(...drawn)).toBeLessThan(shape.reduce<number>((n, d) => n * d, 1));
  });
});
