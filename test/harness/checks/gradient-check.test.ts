import { describe, expect, it } from '@jest/globals';
import {
  checkGradient,
  type Claim,
  FLOAT64,
  type Objective,
  type Target,
} from '../../../harness/checks/gradient-check.ts';

const claim = (gradient: readonly number[], by = 'claim'): Claim => ({
  by,
  gradient: Float64Array.from(gradient),
  relative: 1e-6,
  absolute: 0,
  slack: null,
});

/** f(x) = Σ f(xᵢ) · (i + 1), at x. */
function sum(f: (x: number) => number, at: readonly number[]): { target: Target; objective: Objective } {
  const value = (x: ArrayLike<number>): number => Array.from(x).reduce((total, xi, i) => total + (i + 1) * f(xi), 0);
  const target = { name: 'x', role: 'input' as const, shape: [at.length], data: Float64Array.from(at) };
  return { target, objective: { value: value(at), noise: 2 ** -48 * 10, at: (_, moved) => value(moved) } };
}

describe('a claimed gradient', () => {
  const at = [0.3, -1.2, 2.5];
  const right = at.map((x, i) => (i + 1) * Math.cos(x));
  const { target, objective } = sum(Math.sin, at);
  const verdictOf = async (gradient: readonly number[]) =>
    (await checkGradient(target, objective, [claim(gradient)], FLOAT64)).claims[0];

  it('matches where it is right, and each party is judged by itself', async () => {
    const wrong = right.with(1, 0);
    const { claims, exhaustive, tested } = await checkGradient(
      target,
      objective,
      [claim(right, 'a'), claim(wrong, 'b')],
      FLOAT64,
    );
    expect(claims.map(({ by, verdict }) => [by, verdict])).toEqual([
      ['a', 'match'],
      ['b', 'mismatch'],
    ]);
    expect(claims[1]?.worst).toMatchObject({ element: 1, found: 0 });
    expect({ exhaustive, tested }).toEqual({ exhaustive: true, tested: 3 });
  });

  it.each([
    ['one element off by a ten-thousandth', right.with(2, (right[2] as number) * 1.0001)],
    ['the sign of all', right.map((g) => -g)],
    ['a factor', right.map((g) => 2 * g)],
    ['a silent zero', right.map(() => 0)],
    ['NaN', right.with(0, Number.NaN)],
    ['infinity', right.with(0, Number.POSITIVE_INFINITY)],
  ])('does not match with %s', async (_, gradient) => {
    expect((await verdictOf(gradient))?.verdict).toBe('mismatch');
  });

  it('is never called right where every direction meets a kink', async () => {
    const corner = sum(Math.abs, [0, 0]);
    const { claims, kinks, tested } = await checkGradient(corner.target, corner.objective, [claim([1, 2])], FLOAT64);
    expect({ verdict: claims[0]?.verdict, kinks, tested }).toEqual({ verdict: 'untested', kinks: 2, tested: 0 });
  });

  it('is held against the elements away from a kink alone', async () => {
    const mixed = sum(Math.abs, [0, -3]);
    const report = await checkGradient(mixed.target, mixed.objective, [claim([0.7, -2])], FLOAT64);
    expect(report).toMatchObject({ kinks: 1, tested: 1, claims: [{ verdict: 'match' }] });
  });

  it('of a large tensor is sampled where it is largest, and along random directions: one wrong element is found', async () => {
    const large = Array.from({ length: 500 }, (_, i) => Math.sin(i));
    const { target: x, objective: f } = sum((v) => v * v, large);
    const gradient = large.map((v, i) => 2 * (i + 1) * v);
    const effort = { ...FLOAT64, elements: 6, directions: 2 };
    const verdict = async (g: readonly number[]) => (await checkGradient(x, f, [claim(g)], effort)).claims[0]?.verdict;
    expect(await verdict(gradient)).toBe('match');
    expect(await verdict(gradient.with(217, 0))).toBe('mismatch');
  });

  it('of an empty tensor is right, and an infinite element is left where it is', async () => {
    const empty = sum(Math.sin, []);
    expect((await checkGradient(empty.target, empty.objective, [claim([])], FLOAT64)).claims[0]?.verdict).toBe('match');
    const masked = sum((x) => (x === Number.NEGATIVE_INFINITY ? 0 : x * x), [Number.NEGATIVE_INFINITY, 2]);
    const report = await checkGradient(masked.target, masked.objective, [claim([0, 8])], FLOAT64);
    expect(report).toMatchObject({ tested: 1, claims: [{ verdict: 'match' }] });
  });
});
