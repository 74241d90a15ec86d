import { sameKind } from '../metrics/difference.ts';
import { spacing } from '../metrics/ulp.ts';
import type { Evidence, Judgement, Tolerance } from '../types/tolerance.ts';

/** Every element within n units in the last place of its reference, in the subject's type. */
export function ulp(units: number): Tolerance {
  const spelled = `ulp:${units}`;
  return {
    spelled,
    needsOracle: false,
    judge: ({ subject, reference, dtype }: Evidence): Judgement => {
      let worst = 0;
      for (let i = 0; i < subject.length; i++) {
        const a = subject[i] as number;
        const b = reference[i] as number;
        if (!sameKind(a, b)) worst = Number.POSITIVE_INFINITY;
        else if (Number.isFinite(a) && a !== b) worst = Math.max(worst, Math.abs(a - b) / spacing(b, dtype));
      }
      const passes = worst <= units;
      const because = `${spelled}, chosen: every element within ${units} units in the last place of ${dtype} (measured: the worst)`;
      return { passes, band: passes ? 'rounding' : 'wrong', measured: worst, allowed: units, because, suspect: null };
    },
  };
}
