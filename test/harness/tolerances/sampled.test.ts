import { describe, expect, it } from '@jest/globals';
import { calibrated } from '../../../harness/tolerances/calibrated.ts';
import { LARGE, SAMPLE, settledBySample } from '../../../harness/tolerances/sampled.ts';
import { uniform } from '../../../harness/numerics/random.ts';
import { toNumbers } from '../../../harness/tensor.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { Evidence } from '../../../harness/types/tolerance.ts';
import { random } from '../../support/bench.ts';

const SHAPE = [101, 331] as const;

const noisy = (x: Float64Array, noise: number, seed: number): Float64Array => {
  const by = toNumbers(random([x.length], seed));
  return x.map((v, i) => v + noise * (by[i] as number));
};

/** A tensor in three versions: exact, float32's replay and the framework's, each with a noise of its own. */
function bench(shape: Shape, noises: { naive: number; framework: number }) {
  const r64 = toNumbers(random(shape, 1));
  const n32 = noisy(r64, noises.naive, 2);
  const reference = noisy(r64, noises.framework, 3);
  const asked: number[] = [];
  const ask = (elements: Int32Array) => {
    asked.push(elements.length);
    const pick = (x: Float64Array) => Float64Array.from(elements, (i) => x[i] as number);
    return { r64: pick(r64), n32: pick(n32) };
  };
  const evidence = (subject: Float64Array): Evidence => ({
    subject,
    reference,
    oracle: null,
    slack: null,
    shape,
    dtype: 'float32',
    scale: 0,
  });
  const whole = (subject: Float64Array): Evidence => ({
    ...evidence(subject),
    oracle: { r64, n32, resample: () => [], rough: false },
  });
  return { r64, n32, reference, ask, asked, evidence, whole };
}

describe('a match proven by the oracle at some elements', () => {
  const { r64, reference, ask, evidence, whole } = bench(SHAPE, { naive: 1e-5, framework: 1e-5 });

  it('says how many were computed, and what share of errors would be met', () => {
    const judged = settledBySample(evidence(noisy(r64, 1e-5, 4)), ask, uniform(1));
    expect(judged?.passes).toBe(true);
    expect(judged?.because).toContain(
      'all 33,431 elements compared with the framework, 1,024 of them computed by the oracle: an error of both alike that touches ≥ 0.5 % of them would be seen with probability 99.4 %',
    );
  });

  it.each([0.5, 1, 2, 2.5, 2.9, 3.5, 4.5, 8])('of noise of %p floors is one by the whole rule too', (floors) => {
    const subject = noisy(r64, floors * 1e-5, 4);
    const part = settledBySample(evidence(subject), ask, uniform(1))?.passes ?? false;
    expect(part && !calibrated(whole(subject)).passes).toBe(false);
    expect(part).toBe(floors < 2.8);
  });

  it('is not given where one element in a third of a hundred thousand is off, though it is in no sample', () => {
    for (let at = 5; at < r64.length; at += 4111)
      expect(
        settledBySample(evidence(noisy(r64, 1e-6, 4).map((x, i) => (i === at ? x + 0.01 : x))), ask, uniform(1)),
      ).toBeNull();
  });

  it('is not given where one channel is off', () => {
    const spoiled = noisy(r64, 1e-6, 4).map((x, i) => (Math.floor(i / 331) === 77 ? x + 3e-4 * Math.sin(i) : x));
    expect(settledBySample(evidence(spoiled), ask, uniform(1))).toBeNull();
  });

  it('is not given where framework and subject are off alike in a part of the elements', () => {
    const off = (x: Float64Array) => x.map((v, i) => (i % 50 === 7 ? v + 1 : v));
    const wrong = { ...evidence(off(noisy(r64, 1e-5, 4))), reference: off(reference) };
    expect(settledBySample(wrong, ask, uniform(1))).toBeNull();
  });

  it('is not given to what is small, not finite, or of an operator that has no part', () => {
    expect(LARGE).toBeGreaterThan(SAMPLE);
    const small = bench([7, 11], { naive: 1e-5, framework: 1e-5 });
    expect(settledBySample(small.evidence(small.n32), small.ask, uniform(1))).toBeNull();
    const nan = noisy(r64, 1e-6, 4).map((x, i) => (i === 4000 ? Number.NaN : x));
    expect(settledBySample(evidence(nan), ask, uniform(1))).toBeNull();
    expect(settledBySample(evidence(r64), () => null, uniform(1))).toBeNull();
  });
});

describe('a slice that strays further than the rest', () => {
  it('has a sample of its own: where honest arithmetic strays as far there, it passes', () => {
    // One row of 1009 of a thousand times the size of the others, and its noise with it: by itself it is 30 times the whole.
    const shape = [1009, 67];
    const big = (x: Float64Array) => x.map((v, i) => (Math.floor(i / 67) === 9 ? v * 1000 : v));
    const plain = bench(shape, { naive: 1e-5, framework: 1e-5 });
    const r64 = big(plain.r64);
    const spread = (seed: number): Float64Array => {
      const by = big(noisy(new Float64Array(r64.length), 1e-5, seed));
      return r64.map((v, i) => v + (by[i] as number));
    };
    const [n32, reference, subject] = [spread(2), spread(3), spread(4)];
    const asked: Int32Array[] = [];
    const ask = (elements: Int32Array) => {
      asked.push(elements);
      const pick = (x: Float64Array) => Float64Array.from(elements, (i) => x[i] as number);
      return { r64: pick(r64), n32: pick(n32) };
    };
    // The middle of each run of elements: one of them lies in the row.
    const judged = settledBySample({ ...plain.evidence(subject), reference }, ask, () => 0.5);
    expect(judged?.passes).toBe(true);
    expect(asked.map((elements) => elements.length)).toEqual([SAMPLE, 64]);
    expect(Array.from(asked[1] as Int32Array).every((i) => Math.floor(i / 67) === 9)).toBe(true);
  });
});
