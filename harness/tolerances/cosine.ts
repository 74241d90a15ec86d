import { difference } from '../metrics/difference.ts';
import type { Evidence, Judgement, Tolerance } from '../types/tolerance.ts';

/** Two norms agree where their ratio is this near to 1: the cosine alone is blind to scale. */
const NORM_RATIO = 0.1;

/** The angle between the two, and their norms within 10 %: the cosine alone passes any factor. */
export function cosine(least: number): Tolerance {
  const spelled = `cosine:${least}`;
  return {
    spelled,
    needsOracle: false,
    judge: ({ subject, reference, apart }: Evidence): Judgement => {
      const d = apart ?? difference(subject, reference, null);
      const ratio = d.referenceRms > 0 ? d.subjectRms / d.referenceRms : Number.NaN;
      const measured = d.cosine ?? Number.NaN;
      const passes = d.nonFinite === 0 && measured >= least && Math.abs(ratio - 1) <= NORM_RATIO;
      const because = `${spelled}, chosen: cosine of at least ${least} (measured: the cosine), and norms within ${100 * NORM_RATIO} % (ratio ${ratio.toPrecision(4)})`;
      return { passes, band: passes ? 'rounding' : 'wrong', measured, allowed: least, because, suspect: null };
    },
  };
}
