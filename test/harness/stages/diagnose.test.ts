import { describe, expect, it } from '@jest/globals';
import { conclude, type Prediction, type Proven, test as prove } from '../../../harness/stages/7-diagnose.ts';
import type { Site } from '../../../harness/types/report.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];
const of = (...numbers: number[]): Float64Array => Float64Array.from(numbers);

const predicted = (numbers: Float64Array, more: Partial<Prediction> = {}): Prediction => ({
  cause: 'c',
  claim: 'it is so',
  fix: 'change it',
  specificity: 2,
  predicted: numbers,
  allowed: 1,
  ...more,
});

const tested = (
  prediction: Prediction,
  subject: Float64Array,
  truth: Float64Array,
  slack: Float64Array | null = null,
) => prove(prediction, { subject, truth, slack });

describe('a prediction', () => {
  const [subject, truth] = [of(10, 20, 30, 40), of(0, 0, 0, 0)];

  it('that meets the numbers is a cause, with what proved it', () => {
    const near = of(11, 19, 31, 39); // rms 1 of an error of rms √750
    expect(tested(predicted(near, { evidence: ['seen before'] }), subject, truth)).toEqual({
      cause: {
        id: 'c',
        claim: 'it is so',
        fix: 'change it',
        explains: 1 - 1 / Math.sqrt(750),
        evidence: [
          'seen before',
          'computed with this bug, all 4 elements agree to rms 1.0 (allowed 1.0); without it they are 27 off',
        ],
      },
      specificity: 2,
      left: 1,
    });
    expect(tested(predicted(near), subject, truth)?.cause.evidence).toHaveLength(1);
    expect(tested(predicted(near, { allowed: 4 }), subject, truth)?.left).toBe(0.25);
  });

  it('that is not near enough is none: neither beyond what is allowed, nor beyond a fifth of the error', () => {
    expect(tested(predicted(of(11, 19, 31, 39), { allowed: 0.999 }), subject, truth)).toBeNull();
    const off = (by: number) => subject.map((x) => x + by);
    const fifth = 0.2 * Math.sqrt(750);
    expect(tested(predicted(off(0.99 * fifth), { allowed: 1e9 }), subject, truth)).not.toBeNull();
    expect(tested(predicted(off(1.01 * fifth), { allowed: 1e9 }), subject, truth)).toBeNull();
    expect(tested(predicted(of(10, 20, 30)), subject, truth)).toBeNull();
    expect(tested(predicted(of(10, 20, 30, 40, 50)), subject, truth)).toBeNull();
  });

  it('explains nothing where nothing is wrong', () => {
    expect(tested(predicted(subject), subject, subject)).toBeNull();
    expect(tested(predicted(of(NAN, 1)), of(NAN, 1), of(NAN, 1))).toBeNull();
  });

  it('is exact where nothing is allowed', () => {
    expect(tested(predicted(subject, { allowed: 0 }), subject, truth)).toMatchObject({
      left: 0,
      cause: { explains: 1 },
    });
    expect(
      tested(
        predicted(
          subject.map((x) => x + 1e-12),
          { allowed: 0 },
        ),
        subject,
        truth,
      ),
    ).toBeNull();
  });

  it('must have the same non-finite numbers in the same places, and explains them wholly', () => {
    const broken = of(NAN, 20, INF, 40);
    expect(tested(predicted(of(NAN, 20.5, INF, 40)), broken, truth)).toMatchObject({ cause: { explains: 1 } });
    expect(tested(predicted(of(NAN, 20, 30, 40)), broken, truth)).toBeNull();
    expect(tested(predicted(of(NAN, 20, -INF, 40)), broken, truth)).toBeNull();
    // As the rest is equal to the truth, the share of an error of 0 says nothing: what is allowed decides.
    expect(tested(predicted(of(NAN, 1.5), { allowed: 1 }), of(NAN, 1), of(2, 1))).not.toBeNull();
    expect(tested(predicted(of(NAN, 2.5), { allowed: 1 }), of(NAN, 1), of(2, 1))).toBeNull();
  });

  it('of nothing finite is proven by its pattern alone', () => {
    expect(tested(predicted(of(NAN, INF)), of(NAN, INF), of(1, 2))).toMatchObject({ left: 0, cause: { explains: 1 } });
  });

  it('has the slack of kinks taken from both errors', () => {
    const slack = of(100, 0, 0, 0);
    expect(tested(predicted(of(90, 20, 30, 40)), subject, truth, slack)).toMatchObject({ left: 0 });
    expect(tested(predicted(of(90, 20, 30, 40)), of(10, 0, 0, 0), truth, slack)).toBeNull();
  });
});

describe('the conclusion', () => {
  const site: Site = { tensor: 'a', direction: 'forward', layer: 'l', op: 'Relu', cause: null, candidates: [] };
  const proven = (id: string, specificity: number, left: number, claim = id): Proven => ({
    cause: { id, claim, fix: '', explains: 1, evidence: [] },
    specificity,
    left,
  });
  const concluded = (...all: Proven[]) => {
    const { cause, candidates, ...rest } = conclude(site, all);
    expect(rest).toEqual({ tensor: 'a', direction: 'forward', layer: 'l', op: 'Relu' });
    return [cause?.claim, candidates.map(({ claim }) => claim)];
  };

  it('is open where nothing is proven', () => {
    expect(conclude(site, [])).toBe(site);
  });

  it('is the most specific, then the nearest; the others follow in that order', () => {
    expect(concluded(proven('x', 1, 0), proven('y', 3, 0.9), proven('z', 3, 0.1), proven('v', 2, 0.5))).toEqual([
      'z',
      ['z', 'y', 'v', 'x'],
    ]);
  });

  it('tells each cause once, as its best says it', () => {
    expect(
      concluded(
        proven('x', 2, 0.5, 'x worse'),
        proven('x', 2, 0.1, 'x best'),
        proven('y', 1, 0.9, 'y worse'),
        proven('y', 1, 0, 'y best'),
      ),
    ).toEqual(['x best', ['x best', 'y best']]);
  });
});
