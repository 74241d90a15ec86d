import { describe, expect, it } from '@jest/globals';
import { calibrated, settledByFramework } from '../../../harness/tolerances/calibrated.ts';
import type { DataType } from '../../../harness/types/tensor.ts';
import type { Evidence, OracleEvidence } from '../../../harness/types/tolerance.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];
const of = (...numbers: number[]): Float64Array => Float64Array.from(numbers);
/** 2u of float32: what rounding may do to numbers of size 1. */
const UNIT = 2 ** -23;
const FLOOR = 2 ** -10;

interface Sides {
  readonly truth?: number;
  readonly subject: number;
  readonly framework?: number;
  readonly naive?: number;
  readonly dtype?: DataType;
  readonly scale?: number;
  readonly oracle?: Partial<OracleEvidence>;
}

/** Two equal elements of size 1 (or `truth`): every rms is the error itself. Sides are given as errors. */
function edge({ truth = 1, subject, framework = 0, naive = 0, dtype = 'float32', scale = 0, oracle = {} }: Sides) {
  const off = (error: number): Float64Array => of(truth + error, truth + error);
  const third = { r64: off(0), n32: off(naive), resample: () => [], rough: false, ...oracle };
  const sides = { subject: off(subject), reference: off(framework), oracle: third };
  return calibrated({ ...sides, slack: null, shape: [2], dtype, scale });
}

describe('what is allowed, to the last unit', () => {
  it('is four float32 floors and rounding', () => {
    expect(edge({ subject: 4 * FLOOR + UNIT, naive: FLOOR })).toMatchObject({
      passes: true,
      band: 'rounding',
      measured: 4 * FLOOR + UNIT,
      allowed: 4 * FLOOR + UNIT,
      suspect: null,
    });
    expect(edge({ subject: -4 * FLOOR - UNIT, naive: FLOOR }).passes).toBe(true);
    expect(edge({ subject: 4 * FLOOR + 2 * UNIT, naive: FLOOR })).toMatchObject({ passes: false, band: 'precision' });
  });

  it('is four of the framework’s own errors, where these are the larger', () => {
    const framework = 2 ** -16;
    expect(edge({ subject: 4 * framework + UNIT, framework }).passes).toBe(true);
    expect(edge({ subject: 4 * framework + 2 * UNIT, framework }).passes).toBe(false);
    expect(edge({ subject: 4 * framework + UNIT, framework, naive: framework / 2 }).passes).toBe(true);
  });

  it('is rounding alone, where nobody strays: in the type that was recorded, at the size of the numbers or of the operator', () => {
    expect(edge({ subject: UNIT })).toMatchObject({ passes: true, band: 'same' });
    expect(edge({ subject: 2 * UNIT })).toMatchObject({ passes: false });
    expect(edge({ subject: 2 ** -10, dtype: 'float16' }).passes).toBe(true);
    expect(edge({ subject: 2 ** -9, dtype: 'float16' }).passes).toBe(false);
    expect(edge({ truth: 4, subject: 4 * UNIT }).passes).toBe(true);
    expect(edge({ truth: 4, subject: 8 * UNIT }).passes).toBe(false);
    const small = 2 ** -20;
    expect(edge({ truth: small, subject: UNIT, scale: 1 }).passes).toBe(true);
    expect(edge({ truth: small, subject: 2 * UNIT, scale: 1 }).passes).toBe(false);
    expect(edge({ truth: small, subject: UNIT, scale: 0 }).passes).toBe(false);
  });

  it.each([
    ['float64', 2 ** -1022],
    ['float32', 2 ** -126],
    ['bfloat16', 2 ** -126],
    ['float16', 2 ** -24],
  ] as const)('of zero is the smallest number of %s', (dtype, least) => {
    // The squares of the smallest float64 underflow: nothing is measured of them.
    expect(edge({ truth: 0, subject: least, dtype })).toMatchObject({ passes: true, allowed: least });
    if (dtype !== 'float64') expect(edge({ truth: 0, subject: 1.01 * least, dtype }).passes).toBe(false);
  });

  it('has bands: within the floor, allowed, up to 500 floors, beyond', () => {
    const at = (subject: number) => edge({ subject, naive: FLOOR }).band;
    const whole = FLOOR + UNIT;
    expect([at(whole), at(1.001 * whole), at(499.9 * whole), at(500.1 * whole)]).toEqual([
      'same',
      'rounding',
      'precision',
      'wrong',
    ]);
    expect(at(500 * whole)).toBe('precision');
  });

  it('leaves a framework out that is 500 floors off, and says so', () => {
    const most = 500 * UNIT;
    const trusted = edge({ subject: 4 * most, framework: most });
    expect(trusted).toMatchObject({ passes: true, suspect: null });
    expect(trusted.because).toContain("the framework's own error 0.000060");
    const suspect = edge({ subject: UNIT, framework: 1.01 * most });
    expect(suspect).toMatchObject({ passes: true, allowed: UNIT });
    expect(suspect.suspect).toBe('the framework is 5.1e+2 noise floors away from the float64 oracle (rms 0.000060)');
    expect(suspect.because).toContain('the framework left out as suspect');
    expect(edge({ subject: 4 * most, framework: 1.01 * most }).passes).toBe(false);
    expect(edge({ subject: 0, framework: 500 * (FLOOR + UNIT), naive: FLOOR }).suspect).toBeNull();
    expect(edge({ subject: 0, framework: INF }).suspect).toBeNull();
  });

  it('says in words what it is made of, and nothing else where it passes', () => {
    expect(edge({ subject: 0, framework: 2 ** -16, naive: FLOOR }).because).toBe(
      "4 × the larger of the framework's own error 0.000015 and sequential float32's 0.00098, + 1.2e-7 for rounding to float32",
    );
    const resample = () => [of(1, 1), of(1 + FLOOR, 1)];
    expect(edge({ subject: 9 * FLOOR, naive: FLOOR, oracle: { resample } }).because).toContain(
      "float32's 0.00098 (sequential, and 2 times rounded at random), + ",
    );
  });

  it('says of what fails who is nearer the oracle', () => {
    const referee = (sides: Sides) => edge(sides).because.split('; the referee: ')[1];
    expect(referee({ subject: 3, framework: 2, naive: FLOOR })).toBe(
      'the float64 oracle is nearer the framework (rms 2.0) than the subject (rms 3.0)',
    );
    expect(referee({ subject: 3, framework: -4, naive: FLOOR })).toBe(
      'the float64 oracle is nearer the subject (rms 3.0) than the framework (rms 4.0)',
    );
    expect(referee({ subject: 3, framework: 3, naive: FLOOR })).toContain('is nearer the framework (rms 3.0)');
    expect(referee({ subject: NAN, naive: FLOOR })).toBe(
      'at 2 places the subject is finite where framework and float64 oracle are not, or the other way round',
    );
  });
});

describe('more replays', () => {
  const asked = (sides: Sides) => {
    let times = 0;
    const resample = () => {
      times++;
      return [of(1, 1), of(1 + 8 * FLOOR, 1 + 8 * FLOOR), of(1, 1)];
    };
    const judgement = edge({ ...sides, oracle: { ...sides.oracle, resample } });
    return [times, judgement.passes, judgement.allowed];
  };

  it('are asked for before what is near is failed, and the worst of them counts', () => {
    expect(asked({ subject: 4 * FLOOR, naive: FLOOR })).toEqual([0, true, 4 * FLOOR + UNIT]);
    expect(asked({ subject: 5 * FLOOR, naive: FLOOR })).toEqual([1, true, 32 * FLOOR + UNIT]);
    expect(asked({ subject: 33 * FLOOR, naive: FLOOR })).toEqual([1, false, 32 * FLOOR + UNIT]);
    expect(asked({ subject: 501 * FLOOR, naive: FLOOR })).toEqual([0, false, 4 * FLOOR + UNIT]);
  });

  it('are always asked for where what the subject was given is known roughly only', () => {
    expect(asked({ subject: 501 * FLOOR, naive: FLOOR, oracle: { rough: true } })).toEqual([
      1,
      false,
      32 * FLOOR + UNIT,
    ]);
    expect(asked({ subject: FLOOR, naive: FLOOR, oracle: { rough: true } })).toEqual([0, true, 4 * FLOOR + UNIT]);
  });
});

describe('what is not finite', () => {
  const judged = (subject: number, framework: number, naive: number, truth: number, dtype: DataType = 'float32') =>
    calibrated({
      subject: of(subject, 1),
      reference: of(framework, 1),
      oracle: { r64: of(truth, 1), n32: of(naive, 1), resample: () => [], rough: false },
      slack: null,
      shape: [2],
      dtype,
      scale: 0,
    });

  it('is right where framework or float32 replay have it so', () => {
    for (const x of [NAN, INF, -INF]) {
      expect(judged(x, x, x, x).passes).toBe(true);
      expect(judged(x, x, 1, x).passes).toBe(true);
      expect(judged(x, 1, x, x).passes).toBe(true);
      expect(judged(x, 1, 1, 1)).toMatchObject({ passes: false, band: 'wrong' });
      expect(judged(1, x, x, x)).toMatchObject({ passes: false, band: 'wrong' });
    }
    expect(judged(-INF, INF, INF, INF).passes).toBe(false);
    expect(judged(NAN, INF, INF, INF).passes).toBe(false);
  });

  it('is infinite from the largest number of the type on', () => {
    expect(judged(INF, 65505, 65505, INF, 'float16').passes).toBe(true);
    expect(judged(INF, 65504, 65504, INF, 'float16').passes).toBe(false);
    expect(judged(-INF, -65505, 65504, -INF, 'float16').passes).toBe(true);
    expect(judged(-INF, -65504, 65504, -INF, 'float16').passes).toBe(false);
    expect(judged(INF, 3.41e38, 1, INF).passes).toBe(true);
    expect(judged(INF, 3.4e38, 1, INF).passes).toBe(false);
    expect(judged(INF, 1e300, 1, INF, 'float64').passes).toBe(false);
  });

  it('is not excused by a framework that is suspect', () => {
    const oracle = { r64: of(1, 1, 1), n32: of(1, 1, 1), resample: () => [], rough: false };
    const evidence = {
      subject: of(NAN, 1, 1),
      reference: of(NAN, 2, 2),
      oracle,
      slack: null,
      shape: [3],
      scale: 0,
    } as const;
    expect(calibrated({ ...evidence, dtype: 'float32' })).toMatchObject({ passes: false, band: 'wrong' });
    expect(calibrated({ ...evidence, reference: of(NAN, 1, 1), dtype: 'float32' }).passes).toBe(true);
  });
});

describe('one slice', () => {
  const [rows, columns] = [64, 8];
  /** Errors of the first row, over a floor that is the same everywhere. */
  function row(error: number, more: { naive?: number; framework?: number; sample?: number } = {}) {
    const r64 = new Float64Array(rows * columns).fill(1);
    const off = (first: number, rest: number) => r64.map((x, i) => x + (i < columns ? first : rest));
    const samples = more.sample === undefined ? [] : [off(more.sample, 0)];
    return calibrated({
      subject: off(error, 0),
      reference: off(more.framework ?? 0, 0),
      oracle: { r64, n32: off(more.naive ?? FLOOR, FLOOR), resample: () => samples, rough: false },
      slack: null,
      shape: [rows, columns],
      dtype: 'float32',
      scale: 0,
    });
  }

  it('may be off by sixteen floors, and by no more', () => {
    expect(row(16 * FLOOR + UNIT)).toMatchObject({ passes: true, band: 'rounding' });
    expect(row(16.01 * FLOOR)).toMatchObject({ passes: false, band: 'precision' });
    expect(row(16.01 * FLOOR).measured).toBeLessThan(row(16.01 * FLOOR).allowed);
  });

  it('that is 500 floors off is wrong, however little that is of the whole', () => {
    expect(row(499 * FLOOR).band).toBe('precision');
    expect(row(501 * FLOOR).band).toBe('wrong');
  });

  it('has a floor of its own, where right answers stray further there', () => {
    expect(row(17 * FLOOR, { naive: 1.1 * FLOOR }).passes).toBe(true);
    expect(row(17 * FLOOR, { framework: 1.1 * FLOOR }).passes).toBe(true);
    expect(row(17 * FLOOR, { sample: 1.1 * FLOOR }).passes).toBe(true);
    expect(row(17 * FLOOR, { sample: 1.05 * FLOOR }).passes).toBe(false);
  });

  it('that holds nothing but what is not finite is not judged by its size', () => {
    const r64 = new Float64Array(rows * columns).fill(1);
    const odd = r64.map((x, i) => (i < columns ? NAN : x));
    const oracle = { r64: odd, n32: odd, resample: () => [], rough: false };
    const evidence = { subject: odd, reference: odd, oracle, slack: null, shape: [rows, columns], scale: 0 } as const;
    expect(calibrated({ ...evidence, dtype: 'float32' })).toMatchObject({ passes: true, band: 'same' });
  });
});

describe('without an oracle', () => {
  const blind = (subject: number, more: Partial<Evidence> = {}) =>
    calibrated({
      subject: of(1 + subject, 1 + subject),
      reference: of(1, 1),
      oracle: null,
      slack: null,
      shape: [2],
      dtype: 'float32',
      scale: 0,
      ...more,
    });

  it('128 units of rounding are allowed, and it is said why', () => {
    expect(blind(64 * UNIT)).toEqual({
      passes: true,
      band: 'rounding',
      measured: 64 * UNIT,
      allowed: 64 * UNIT,
      because:
        "128 units of rounding to float32 at the tensor's own size: no oracle for this operator, so its noise was not measured",
      suspect: null,
    });
    expect(blind(UNIT).band).toBe('same');
    expect(blind(65 * UNIT)).toMatchObject({ passes: false, band: 'precision' });
    expect(blind(500 * UNIT).band).toBe('precision');
    expect(blind(501 * UNIT).band).toBe('wrong');
    expect(blind(8 * 64 * UNIT, { scale: 8 }).passes).toBe(true);
  });

  it('what is not finite on one side is wrong, slack is taken off, and an allowance that overflows allows nothing', () => {
    expect(blind(0, { subject: of(NAN, 1) })).toMatchObject({ passes: false, band: 'wrong' });
    expect(blind(0, { subject: of(NAN, 1), reference: of(NAN, 1) }).passes).toBe(true);
    const apart = { nonFinite: 0, rms: 9, referenceRms: 1 } as NonNullable<Evidence['apart']>;
    expect(blind(1, { slack: of(1, 1) }).passes).toBe(true);
    expect(blind(1, { slack: of(1, 1), apart }).passes).toBe(true);
    expect(blind(0, { apart })).toMatchObject({ passes: false, measured: 9 });
    expect(blind(0, { subject: of(1e200, 1), reference: of(1e200, 1), dtype: 'float64' }).passes).toBe(false);
  });
});

describe('the framework settles', () => {
  const settled = (subject: Float64Array, reference: Float64Array, more: Partial<Evidence> = {}) =>
    settledByFramework({
      subject,
      reference,
      oracle: null,
      slack: null,
      shape: [subject.length],
      dtype: 'float32',
      scale: 0,
      ...more,
    });

  it('what is two units of rounding from it, and nothing further', () => {
    expect(settled(of(1 + UNIT, 1 - UNIT), of(1, 1))).toEqual({
      passes: true,
      band: 'same',
      measured: UNIT,
      allowed: UNIT,
      because: "2 units of rounding to float32 at the tensor's own size: the framework's own answer settles it",
      suspect: null,
    });
    expect(settled(of(1 + 1.01 * UNIT, 1 + 1.01 * UNIT), of(1, 1))).toBeNull();
    expect(settled(of(1 + 2 ** -10, 1), of(1, 1), { dtype: 'float16' })).not.toBeNull();
  });

  it('nothing that is non-finite on one side, nothing of which nothing is finite, nothing that overflows', () => {
    expect(settled(of(NAN, 1), of(1, 1))).toBeNull();
    expect(settled(of(NAN, 1), of(NAN, 1))).not.toBeNull();
    expect(settled(of(NAN, INF), of(NAN, INF))).toBeNull();
    expect(settled(of(1e200, 1), of(1e200, 1), { dtype: 'float64' })).toBeNull();
    const apart = { nonFinite: 0, compared: 2, rms: 1, referenceRms: 1 } as NonNullable<Evidence['apart']>;
    expect(settled(of(1, 1), of(1, 1), { apart })).toBeNull();
  });

  it('no slice that strays from its own size', () => {
    const reference = new Float64Array(16).map((_, i) => (i < 8 ? 1 : 2 ** -10));
    const off = (by: number) => reference.map((x, i) => (i < 8 ? x : x + by));
    expect(settled(off(2 ** -10 * UNIT), reference, { shape: [2, 8] })).not.toBeNull();
    expect(settled(off(2 ** -9 * UNIT), reference, { shape: [2, 8] })).toBeNull();
    expect(settled(off(2 ** -9 * UNIT), reference, { shape: [16] })).not.toBeNull();
  });
});
