import { describe, expect, it } from '@jest/globals';
import type { JsonNumber, Report, TensorReport } from '../../harness/types/report.ts';
import { countsOf, distance, headline, sitesOf, timesAllowed } from '../../reports/shared/facts.ts';
import { byteSize, duration, element, grouped, percent, share, short } from '../../reports/shared/number.ts';
import { backwardOnly, forwardCause, inconclusive, several } from '../support/samples.ts';

const row = forwardCause().tensors[0] as TensorReport;
const withError = (rms: JsonNumber, allowed: JsonNumber): TensorReport => ({
  ...row,
  local: { ...(row.local as NonNullable<TensorReport['local']>), rms },
  allowed: { rms: allowed, because: '' },
});
const times = (one: TensorReport) => timesAllowed(one.local, one);

describe('how many times what is allowed', () => {
  it('is 0 for no error even where none is allowed, and infinite for any error there', () => {
    expect(times(withError(0, 0))).toBe(0);
    expect(times(withError(1e-30, 0))).toBe(Number.POSITIVE_INFINITY);
    expect(times(withError(3e-7, 1e-7))).toBeCloseTo(3);
  });
  it('is NaN where the error is, and nothing where nothing was measured or allowed', () => {
    expect(times(withError('NaN', 1))).toBeNaN();
    expect(timesAllowed(null, row)).toBeNull();
    expect(timesAllowed(row.local, { ...row, allowed: null })).toBeNull();
  });
});

describe('how far off, in words', () => {
  it('tells NaN and infinity by their number, without meaningless ratios', () => {
    const bad = withError('NaN', 1);
    const nonFinite = {
      ...bad,
      local: { ...(bad.local as NonNullable<TensorReport['local']>), relL2: 'NaN' as const, nonFinite: 3 },
    };
    expect(distance(nonFinite)).toBe('NaN or infinity on one side only in 3 of 24,192 elements');
  });
  it('gives the reason where nothing was measured', () => {
    expect(distance({ ...row, local: null, chained: null, reason: 'shapes do not fit' })).toBe('shapes do not fit');
    expect(distance({ ...row, local: null, chained: null })).toBe('not measured');
  });
});

describe('the headline', () => {
  it('names a layer once where it is the first in both directions', () => {
    const report = forwardCause();
    const site = {
      ...(report.forward.firstDivergence as NonNullable<Report['forward']['firstDivergence']>),
      direction: 'backward' as const,
    };
    const both = { ...report, backward: { firstDivergence: site, faulty: [site] } };
    expect(headline(both)).toBe('mismatch: conv2 (Conv) is the first wrong layer, forward and backward');
  });
  it('does not say that a direction matches in which not everything was proven', () => {
    const report = backwardOnly();
    const vacuous = { ...(report.tensors[0] as TensorReport), verdict: 'vacuous' as const };
    expect(headline(report)).toContain('forward matches');
    expect(headline({ ...report, tensors: [vacuous, ...report.tensors.slice(1)] })).not.toContain('forward matches');
  });
});

describe('counts and sites', () => {
  it('count a tensor once that is unseen both as a row and in the list', () => {
    expect(countsOf(inconclusive()).unseen).toBe(9);
    expect(countsOf(several()).unseen).toBe(3);
  });
  it('hold a first divergence that the list of faulty layers lacks', () => {
    const report = forwardCause();
    const bare = { ...report, forward: { ...report.forward, faulty: [] } };
    expect(sitesOf(bare)).toEqual(sitesOf(report));
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.0894, '0.0894'],
    [12.34, '12.3'],
    [4213.4, '4,213'],
    [999.6, '1,000'],
    [1.234e-7, '1.23e-7'],
    [2.5e6, '2.5e6'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NEGATIVE_INFINITY, '-∞'],
    [-0.5, '-0.5'],
    [1e-3, '0.001'],
    [100, '100'],
  ])('are as long as they have meaning: %d', (x, text) => {
    expect(short(x)).toBe(text);
  });
  it('have their units', () => {
    expect([percent(0.0894), percent(1.31), percent(4)]).toEqual(['8.9 %', '131 %', '400 %']);
    expect([share(1), share(0.99999), share(0.31)]).toEqual(['100 %', '99.9 %', '31 %']);
    expect([duration(0.123), duration(75)]).toEqual(['0.12 s', '1 min 15 s']);
    expect([byteSize(512), byteSize(148e6), byteSize(3.2e9)]).toEqual(['512 B', '148 MB', '3.2 GB']);
    expect(grouped(1234567)).toBe('1,234,567');
  });
  it('of elements have all digits of a float32, and keep the sign of zero', () => {
    expect([element(Math.fround(0.1)), element(-0), element('NaN'), element('-Infinity'), element(null)]).toEqual([
      '0.100000001',
      '-0',
      'NaN',
      '-Infinity',
      '–',
    ]);
  });
});
