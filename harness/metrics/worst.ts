import { indexOf } from '../shape.ts';
import type { WorstElement } from '../types/report.ts';
import type { Floats, Shape } from '../types/tensor.ts';
import { jsonNumber } from './json-number.ts';
import { sameKind } from './difference.ts';

/** How many of the worst elements a report keeps. */
export const WORST = 8;

/** The elements that differ most, worst first: those non-finite on one side only, then by |error|. Elements that are equal are never listed. */
export function worstElements(
  subject: Floats,
  reference: Floats,
  oracle: Float64Array | null,
  shape: Shape,
): readonly WorstElement[] {
  const errorAt = (i: number): number => {
    const a = subject[i] as number;
    const b = reference[i] as number;
    if (!sameKind(a, b)) return Number.POSITIVE_INFINITY;
    return Number.isFinite(a) ? Math.abs(a - b) : 0;
  };
  const kept: { offset: number; error: number }[] = [];
  let least = 0;
  for (let offset = 0; offset < subject.length; offset++) {
    const error = errorAt(offset);
    if (!(error > least)) continue;
    kept.push({ offset, error });
    kept.sort((p, q) => q.error - p.error || p.offset - q.offset);
    if (kept.length > WORST) kept.pop();
    if (kept.length === WORST) least = (kept[WORST - 1] as { error: number }).error;
  }
  return kept.map(({ offset }) => ({
    index: indexOf(offset, shape),
    subject: jsonNumber(subject[offset] as number),
    reference: jsonNumber(reference[offset] as number),
    oracle: oracle === null ? null : jsonNumber(oracle[offset] as number),
  }));
}
