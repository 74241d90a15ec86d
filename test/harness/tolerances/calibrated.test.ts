import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calibrated, settledByFramework } from '../../../harness/tolerances/calibrated.ts';
import type { DataType, Floats, Shape } from '../../../harness/types/tensor.ts';
import type { Evidence } from '../../../harness/types/tolerance.ts';
import { toNumbers } from '../../../harness/tensor.ts';
import { random } from '../../support/random.ts';

const noisy = (r64: Float64Array, noise: number, seed: number) => {
  const by = toNumbers(random([r64.length], seed));
  return r64.map((x, i) => x + noise * (by[i] as number));
};

/** A tensor whose framework and float32 replay stray by `noise`. */
function evidence(
  shape: Shape,
  noise: number,
  change: (r64: Float64Array) => Float64Array,
  more: Partial<Evidence> = {},
): Evidence {
  const r64 = toNumbers(random(shape, 1));
  const oracle = { r64, n32: noisy(r64, noise, 3), resample: () => [], rough: false };
  return {
    subject: change(r64),
    reference: noisy(r64, noise, 2),
    oracle,
    slack: null,
    shape,
    dtype: 'float32',
    scale: 0,
    ...more,
  };
}

describe('the calibrated verdict', () => {
  it('allows four floors and what rounding does, and no more', () => {
    const at = (floors: number) => calibrated(evidence([7, 1009], 1e-5, (r) => noisy(r, floors * 1e-5, 4)));
    expect([at(0.5).band, at(3.5).band, at(5).band, at(3000).band]).toEqual(['same', 'rounding', 'precision', 'wrong']);
    expect([at(3.5).passes, at(5).passes]).toEqual([true, false]);
  });

  it('finds one bad channel in a hundred that the whole averages away', () => {
    const spoil = (r: Float64Array) => r.map((x, i) => (Math.floor(i / 101) === 77 ? x + 3e-5 * Math.sin(i) : x));
    const bad = calibrated(evidence([101, 101], 1e-6, spoil));
    expect(bad.measured).toBeLessThanOrEqual(bad.allowed);
    expect(bad.passes).toBe(false);
  });

  it('finds one element in a hundred thousand that is off by a fifth of their size', () => {
    expect(calibrated(evidence([331, 307], 1e-7, (r) => r.map((x, i) => (i === 77_456 ? x + 0.2 : x)))).passes).toBe(
      false,
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'never passes one %p where the others are finite',
    (bad) => {
      const judged = calibrated(evidence([7, 11], 1e-2, (r) => r.map((x, i) => (i === 5 ? bad : x))));
      expect([judged.passes, judged.band]).toEqual([false, 'wrong']);
    },
  );

  it('accepts what is not finite where framework or float32 replay are so too, in place and sign', () => {
    const inf = Number.POSITIVE_INFINITY;
    const overflow = (r: Floats, x: number) => Float64Array.from(r, (v, i) => (i === 5 ? x : v));
    const e = evidence([7, 11], 1e-6, (r) => overflow(r, inf));
    const both = {
      ...e,
      reference: overflow(e.reference, inf),
      oracle: { ...e.oracle!, r64: overflow(e.oracle!.r64, inf), n32: overflow(e.oracle!.n32, inf) },
    };
    expect(calibrated(both).passes).toBe(true);
    expect(calibrated({ ...both, subject: overflow(both.subject, -inf) }).passes).toBe(false);
    expect(calibrated({ ...both, subject: overflow(both.subject, 3) }).passes).toBe(false);
  });

  it('is not passed by an allowance that overflows', () => {
    const r64 = Float64Array.of(1e200, -3e250, 1e180);
    const oracle = { r64, n32: r64, resample: () => [], rough: false };
    const wrong = {
      subject: Float64Array.of(-1e250, 1, 2),
      reference: r64,
      oracle,
      slack: null,
      shape: [3],
      dtype: 'float64' as DataType,
      scale: 0,
    };
    expect(calibrated(wrong).passes).toBe(false);
    expect(settledByFramework({ ...wrong, oracle: null })).toBeNull();
  });

  it('says of a framework that is far from both replays that it is suspect, and does not calibrate on it', () => {
    const e = evidence([7, 1009], 1e-7, (r) => noisy(r, 1e-3, 5));
    const judged = calibrated({ ...e, reference: noisy(e.oracle!.r64, 1e-2, 6) });
    expect(judged.suspect).toMatch(/noise floors away from the float64 oracle/);
    expect(judged.passes).toBe(false);
  });

  it('looks at more replays before it fails what is near, and does not where it is far', () => {
    let asked = 0;
    const lucky = (floors: number) => {
      const e = evidence([3], 1e-9, (r) => r.map((x) => x + floors * 1e-7));
      return calibrated({ ...e, oracle: { ...e.oracle!, resample: () => (asked++, [noisy(e.oracle!.r64, 1e-5, 7)]) } });
    };
    expect([lucky(60).passes, asked]).toEqual([true, 1]);
    expect([lucky(1e6).passes, asked]).toEqual([false, 1]);
  });

  it('judges at the precision of the type that was recorded', () => {
    const at = (dtype: DataType) =>
      calibrated(evidence([7, 101], 1e-9, (r) => r.map((x) => x * (1 + 4e-4)), { dtype })).passes;
    expect([at('bfloat16'), at('float16'), at('float32'), at('float64')]).toEqual([true, true, false, false]);
  });

  it('without an oracle says that it judges roughly, and still fails NaN', () => {
    const e = evidence([7, 101], 0, (r) => r, { oracle: null });
    const same = { ...e, reference: e.subject };
    expect(calibrated(same)).toMatchObject({ passes: true, because: expect.stringContaining('no oracle') });
    expect(calibrated({ ...same, subject: same.subject.map((x, i) => (i === 3 ? Number.NaN : x)) }).passes).toBe(false);
  });
});

describe('what the framework settles', () => {
  it('never passes what the calibrated verdict fails, where the framework is right within its noise', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(1e6),
          noise: fc.double({ min: -9, max: -5, noNaN: true }),
          off: fc.double({ min: -10, max: -3, noNaN: true }),
          size: fc.double({ min: -6, max: 6, noNaN: true }),
          channel: fc.boolean(),
        }),
        ({ seed, noise, off, size, channel }) => {
          const shape = [5, 13];
          const scale = 10 ** size;
          const r64 = toNumbers(random(shape, seed)).map((x) => x * scale);
          const reference = noisy(r64, scale * 10 ** noise, seed + 1);
          const by = noisy(reference, scale * 10 ** off, seed + 2);
          const subject = reference.map((x, i) => (!channel || i % 13 === 4 ? (by[i] as number) : x));
          const oracle = { r64, n32: noisy(r64, scale * 10 ** noise, seed + 3), resample: () => [], rough: false };
          const all: Evidence = { subject, reference, oracle, slack: null, shape, dtype: 'float32', scale: 0 };
          if (settledByFramework(all) !== null) expect(calibrated(all).passes).toBe(true);
        },
      ),
      { seed: 7, numRuns: 2000 },
    );
  });

  it('settles equal answers, and nothing that is empty, not finite or off', () => {
    const of = (subject: number[], reference: number[]) =>
      settledByFramework({
        subject: Float64Array.from(subject),
        reference: Float64Array.from(reference),
        oracle: null,
        slack: null,
        shape: [subject.length],
        dtype: 'float32',
        scale: 0,
      });
    expect(of([1, 2], [1, 2])?.passes).toBe(true);
    expect(of([], [])).toBeNull();
    expect(of([Number.NaN], [Number.NaN])).toBeNull();
    expect(of([1, Number.NaN], [1, 2])).toBeNull();
    expect(of([1, 2.001], [1, 2])).toBeNull();
  });

  it('does not settle a channel that is wrong among large ones', () => {
    const reference = Float64Array.from({ length: 200 }, (_, i) => (i < 100 ? 1e6 : 1e-3) * Math.sin(i + 1));
    const subject = reference.map((x, i) => (i < 100 ? x : 2 * x));
    expect(
      settledByFramework({
        subject,
        reference,
        oracle: null,
        slack: null,
        shape: [2, 100],
        dtype: 'float32',
        scale: 0,
      }),
    ).toBeNull();
  });
});
