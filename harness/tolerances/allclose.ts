import { sameKind } from '../metrics/difference.ts';
import type { Evidence, Judgement, Tolerance } from '../types/tolerance.ts';

/** Every element within atol + rtol · |reference|, as numpy and torch have it. NaN equals NaN; an infinity equals itself. */
export function allclose(rtol: number, atol: number): Tolerance {
  const spelled = `allclose:${rtol},${atol}`;
  return {
    spelled,
    needsOracle: false,
    judge: ({ subject, reference }: Evidence): Judgement => {
      let worst = 0; // largest |error| over what that element is allowed
      for (let i = 0; i < subject.length; i++)
        worst = Math.max(worst, excess(subject[i] as number, reference[i] as number, rtol, atol));
      const passes = worst <= 1;
      return {
        passes,
        band: passes ? 'rounding' : 'wrong',
        measured: worst,
        allowed: 1,
        because: `${spelled}, chosen: every element within ${atol} + ${rtol} × its reference (measured: the worst element over what it is allowed)`,
        suspect: null,
      };
    },
  };
}

function excess(a: number, b: number, rtol: number, atol: number): number {
  if (!sameKind(a, b)) return Number.POSITIVE_INFINITY;
  if (!Number.isFinite(a) || a === b) return 0;
  const allowed = atol + rtol * Math.abs(b);
  return allowed > 0 ? Math.abs(a - b) / allowed : Number.POSITIVE_INFINITY;
}
