import { describe, expect, it } from '@jest/globals';
import { LayerdiffError } from '../../../harness/errors.ts';
import { allclose } from '../../../harness/tolerances/allclose.ts';
import { cosine } from '../../../harness/tolerances/cosine.ts';
import { exact } from '../../../harness/tolerances/exact.ts';
import {
  allowanceFor,
  calibratedTolerance,
  parseAllowance,
  parseTolerance,
  toleranceFor,
} from '../../../harness/tolerances/index.ts';
import { ulp } from '../../../harness/tolerances/ulp.ts';
import type { DataType } from '../../../harness/types/tensor.ts';
import type { Evidence } from '../../../harness/types/tolerance.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];

function evidence(subject: readonly number[], reference: readonly number[], dtype: DataType = 'float32'): Evidence {
  const [a, b] = [Float64Array.from(subject), Float64Array.from(reference)];
  return { subject: a, reference: b, oracle: null, slack: null, shape: [a.length], dtype, scale: 0 };
}

describe('the tolerance "exact"', () => {
  it('passes equal elements: NaN is equal to NaN, and 0 to −0', () => {
    expect(exact.judge(evidence([1, NAN, 0, INF], [1, NAN, -0, INF]))).toEqual({
      passes: true,
      band: 'same',
      measured: 0,
      allowed: 0,
      because: 'exact, chosen: every element equal (measured: elements that differ)',
      suspect: null,
    });
  });

  it.each([
    [[1, 2, 3], [1, 2, 3 + 1e-15], 1],
    [[NAN, 2], [1, 2], 1],
    [[1, 2], [NAN, 2], 1],
    [[INF, 2], [-INF, 3], 2],
  ])('fails %j against %j, and counts what differs', (a, b, different) => {
    expect(exact.judge(evidence(a, b))).toMatchObject({ passes: false, band: 'wrong', measured: different });
  });

  it('never asks the oracle', () => {
    expect([exact, allclose(0, 0), ulp(0), cosine(1)].map((t) => t.needsOracle)).toEqual([false, false, false, false]);
  });
});

describe('the tolerance "allclose"', () => {
  const judged = (a: readonly number[], b: readonly number[], rtol = 0.1, atol = 0.5) =>
    allclose(rtol, atol).judge(evidence(a, b));

  it('allows each element atol + rtol · |reference|, and not a bit more', () => {
    // 0.5 + 0.1 · 10 = 1.5, to either side and whatever the sign
    for (const a of [11.5, 8.5])
      expect(judged([a, 1], [10, 1])).toMatchObject({ passes: true, band: 'rounding', measured: 1 });
    expect(judged([-11.5], [-10])).toMatchObject({ passes: true, measured: 1, allowed: 1, suspect: null });
    expect(judged([12], [10])).toMatchObject({ passes: false, band: 'wrong', measured: 2 / 1.5 });
    expect(judged([1, 1, 3], [1, 1, 1])).toMatchObject({ passes: false, measured: 2 / 0.6 });
  });

  it('measures the worst element, wherever it is', () => {
    expect(judged([1.3, 1, 1.06], [1, 1, 1]).measured).toBeCloseTo(0.5, 12);
    expect(judged([1, 1.06, 1.3], [1, 1, 1]).measured).toBeCloseTo(0.5, 12);
  });

  it('allows equal elements where nothing is allowed, and nothing else', () => {
    expect(judged([0, 5, INF, NAN], [0, 5, INF, NAN], 0, 0)).toMatchObject({ passes: true, measured: 0 });
    expect(judged([1e-300], [0], 0.1, 0)).toMatchObject({ passes: false, measured: INF });
  });

  it.each([
    [NAN, 1],
    [1, NAN],
    [INF, -INF],
    [INF, 1],
    [1, -INF],
    [NAN, INF],
  ])('fails %d against %d', (a, b) => {
    expect(judged([a, 0], [b, 0])).toMatchObject({ passes: false, measured: INF });
  });

  it('says what was chosen', () => {
    expect(allclose(0.1, 0.5).spelled).toBe('allclose:0.1,0.5');
    expect(judged([1], [1]).because).toBe(
      'allclose:0.1,0.5, chosen: every element within 0.5 + 0.1 × its reference (measured: the worst element over what it is allowed)',
    );
  });
});

describe('the tolerance "ulp"', () => {
  const judged = (a: readonly number[], b: readonly number[], units: number, dtype: DataType = 'float32') =>
    ulp(units).judge(evidence(a, b, dtype));

  it('counts units in the last place of the reference, in the type that was recorded', () => {
    expect(judged([1 + 3 * 2 ** -23, 1], [1, 1], 3)).toMatchObject({
      passes: true,
      band: 'rounding',
      measured: 3,
      allowed: 3,
    });
    expect(judged([1 + 4 * 2 ** -23], [1], 3)).toMatchObject({ passes: false, band: 'wrong', measured: 4 });
    expect(judged([1 + 2 ** -10], [1], 1, 'float16')).toMatchObject({ passes: true, measured: 1 });
    expect(judged([4 - 2 ** -21], [4], 1)).toMatchObject({ passes: true, measured: 1, suspect: null });
  });

  it('passes what is non-finite alike, and fails what is not', () => {
    expect(judged([NAN, INF, -INF], [NAN, INF, -INF], 0)).toMatchObject({ passes: true, measured: 0 });
    for (const [a, b] of [
      [NAN, 1],
      [1, NAN],
      [INF, -INF],
      [1, INF],
    ] as const)
      expect(judged([a], [b], 1e9)).toMatchObject({ passes: false, measured: INF });
  });

  it('measures the worst, and says what was chosen', () => {
    const judgement = judged([1 + 2 ** -22, 1 + 2 ** -23], [1, 1], 4);
    expect(judgement.measured).toBe(2);
    expect(judgement.because).toBe(
      'ulp:4, chosen: every element within 4 units in the last place of float32 (measured: the worst)',
    );
    expect(ulp(4).spelled).toBe('ulp:4');
  });
});

describe('the tolerance "cosine"', () => {
  const judged = (a: readonly number[], b: readonly number[], least = 0.9) => cosine(least).judge(evidence(a, b));

  it('passes a small angle between vectors of nearly the same length', () => {
    expect(judged([3, 4.1], [3, 4])).toMatchObject({ passes: true, band: 'rounding', allowed: 0.9, suspect: null });
    expect(judged([0.91, 0], [1, 0]).passes).toBe(true);
    expect(judged([1.09, 0], [1, 0]).passes).toBe(true);
  });

  it.each([
    ['another direction', [4, -3], [3, 4]],
    ['the opposite one', [-3, -4], [3, 4]],
    ['more than a tenth longer', [3.34, 4.44], [3, 4]],
    ['more than a tenth shorter', [2.6, 3.5], [3, 4]],
    ['NaN on one side', [3, 4, NAN], [3, 4, 1]],
    ['nothing', [0, 0], [3, 4]],
    ['something for nothing', [3, 4], [0, 0]],
  ])('fails %s', (_, a, b) => {
    expect(judged(a, b)).toMatchObject({ passes: false, band: 'wrong' });
  });

  it('measures the cosine, and says what was chosen', () => {
    const judgement = judged([0, 1], [1, 1]);
    expect(judgement.measured).toBeCloseTo(Math.SQRT1_2, 12);
    expect(judgement.because).toBe(
      'cosine:0.9, chosen: cosine of at least 0.9 (measured: the cosine), and norms within 10 % (ratio 0.7071)',
    );
    expect(judged([1, 0], [0, 0]).because).toContain('ratio NaN');
    expect(judged([1, 0], [0, 0]).measured).toBeNaN();
    expect(cosine(0.9).spelled).toBe('cosine:0.9');
  });

  it('takes what was measured already', () => {
    const apart = { nonFinite: 0, cosine: 1, subjectRms: 1, referenceRms: 1 } as NonNullable<Evidence['apart']>;
    expect(cosine(0.9).judge({ ...evidence([9], [-1]), apart }).passes).toBe(true);
  });
});

describe('a tolerance as it is written', () => {
  it.each([
    ['exact', '*', 'exact'],
    ['calibrated', '*', 'calibrated'],
    ['allclose:1e-3,1e-5', '*', 'allclose:0.001,0.00001'],
    ['ulp:4', '*', 'ulp:4'],
    ['cosine:0.999', '*', 'cosine:0.999'],
    ['conv*=ulp:0', 'conv*', 'ulp:0'],
    ['a=b=exact', 'a=b', 'exact'],
    ['=exact', '', 'exact'],
    ['exact:', '*', 'exact'],
  ])('"%s" is for %s: %s', (text, glob, spelled) => {
    const rule = parseTolerance(text);
    expect([rule.glob, rule.tolerance.spelled]).toEqual([glob, spelled]);
  });

  const refused = (text: string, parse: (text: string) => unknown = parseTolerance): LayerdiffError => {
    try {
      parse(text);
    } catch (error) {
      return error as LayerdiffError;
    }
    throw new Error(`"${text}" was not refused`);
  };

  it('that does not exist is refused, with the nearest that does or with all', () => {
    expect(refused('exakt')).toMatchObject({
      code: 'E_OPTION',
      place: '--tolerance exakt',
      message: expect.stringContaining('there is no such tolerance'),
      remedy: 'Did you mean "exact"?',
    });
    expect(refused('zzzzzzzzz').remedy).toBe(
      'Choose from exact, calibrated, allclose:1e-3,1e-5, ulp:4 or cosine:0.999, or GLOB= and one of these.',
    );
  });

  it.each([
    'allclose:1e-3',
    'allclose',
    'ulp:1,2',
    'ulp:',
    'exact:1',
    'ulp:-1',
    'ulp:x',
    'allclose:1,Infinity',
    'cosine:NaN',
  ])('"%s" is refused for its numbers', (text) => {
    const [id] = text.split(':') as [string];
    const wants = { allclose: 2, ulp: 1, exact: 0, cosine: 1 }[id];
    expect(refused(text)).toMatchObject({
      code: 'E_OPTION',
      place: `--tolerance ${text}`,
      message: expect.stringContaining(`"${id}" takes ${wants} numbers of at least 0`),
      remedy: 'Write exact, calibrated, allclose:1e-3,1e-5, ulp:4 or cosine:0.999, or GLOB= and one of these.',
    });
  });

  it('holds for the tensors that its glob fits; the last rule wins, and the calibrated one is the default', () => {
    const choose = toleranceFor(['*=ulp:1', 'conv*=exact', 'conv2=ulp:2'].map(parseTolerance));
    expect(['conv1', 'conv2', 'relu'].map((name) => choose(name).spelled)).toEqual(['exact', 'ulp:2', 'ulp:1']);
    const none = toleranceFor([parseTolerance('conv*=exact')]);
    expect(none('relu')).toBe(calibratedTolerance);
    expect([calibratedTolerance.spelled, calibratedTolerance.needsOracle]).toEqual(['calibrated', true]);
    expect(parseTolerance('calibrated').tolerance).toBe(calibratedTolerance);
  });

  it('an allowance has a glob and a reason, and the first that fits holds', () => {
    expect(parseAllowance('conv*= stored as float16 ')).toEqual({ glob: 'conv*', reason: 'stored as float16' });
    expect(parseAllowance('a=b=c')).toEqual({ glob: 'a', reason: 'b=c' });
    for (const text of ['conv*', 'conv*=', 'conv*=  ', '=why'])
      expect(refused(text, parseAllowance)).toMatchObject({
        code: 'E_OPTION',
        place: `--allow-precision ${text}`,
        message: expect.stringContaining('it gives no reason'),
        remedy: "Write 'GLOB=reason', e.g. 'conv*=stored as float16'.",
      });
    const why = allowanceFor(['c*=one', 'conv*=two'].map(parseAllowance));
    expect([why('conv1'), why('c'), why('relu')]).toEqual(['one', 'one', null]);
  });
});
