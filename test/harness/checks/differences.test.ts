import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derivativeOf } from '../../../harness/checks/differences.ts';
import { FLOAT64 } from '../../../harness/checks/gradient-check.ts';

const steps = { ...FLOAT64, noise: 2 ** -48 };
const seed = 20261123;

describe('central differences', () => {
  it('are right to their own uncertainty for smooth functions', async () => {
    const coefficient = fc.double({ min: -2, max: 2, noNaN: true });
    await fc.assert(
      fc.asyncProperty(coefficient, coefficient, coefficient, coefficient, async (a, b, c, d) => {
        const f = (t: number): number => a * t + b * t * t + c * t ** 3 + d * Math.sin(3 * t);
        const found = await derivativeOf(f, 0, 1, steps);
        expect(Math.abs((found?.value ?? Number.NaN) - (a + 3 * d))).toBeLessThanOrEqual(
          1e-9 + (found?.uncertainty ?? 0),
        );
        expect(found?.uncertainty).toBeLessThan(1e-3);
      }),
      { seed },
    );
  });

  it('near a kink are left out, or right to their own uncertainty', async () => {
    let leftOut = 0;
    const law = fc.asyncProperty(
      fc.double({ min: 0.1, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 2 ** -9, noNaN: true }),
      fc.constantFrom(-1, 1),
      async (jump, distance, side) => {
        const f = (t: number): number => t + t * t + jump * Math.max(0, side * t - distance);
        const found = await derivativeOf(f, 0, 1, steps);
        if (found === null) leftOut++;
        else expect(Math.abs(found.value - 1)).toBeLessThanOrEqual(found.uncertainty + 1e-9);
      },
    );
    await fc.assert(law, { seed, numRuns: 300 });
    const corner = await derivativeOf((t) => Math.abs(t), 0, 1, steps);
    expect(corner).toBeNull();
    expect(leftOut).toBeLessThan(300); // shorter steps get past most kinks
  });

  it('at a jump, and where the function is not a number, are left out', async () => {
    expect(await derivativeOf((t) => (t > 0 ? 1 : 0), 0, 1, steps)).toBeNull();
    expect(await derivativeOf(Math.sqrt, 0, 1, steps)).toBeNull();
  });

  it('that have to be confirmed are left out where a longer and a shorter step differ', async () => {
    const wavy = (t: number): number => t + 0.02 * Math.sin(400 * t);
    expect(
      await derivativeOf(wavy, 0, 1, { ...steps, tries: [2 ** -4, 2 ** -10], agree: 0.5, confirm: true }),
    ).toBeNull();
  });
});
