import { bestFactor, type NamedNumber, nameOfFactor, near, shown } from '../rules/_numbers.ts';
import type { Prediction } from '../stages/7-diagnose.ts';

/**
 * Two bugs in one gradient: a prediction that failed by itself, times the factor that brings it nearest. Only factors with a name (the
 * opposite sign, a size, its root) are tried, as any prediction has some best factor; null where it has none.
 */
export function withFactor(
  prediction: Prediction,
  subject: Float64Array,
  sizes: readonly NamedNumber[],
): Prediction | null {
  if (prediction.predicted.length !== subject.length) return null;
  const factor = bestFactor(subject, prediction.predicted);
  if (factor === null || factor === 0 || near(factor, 1)) return null;
  const flipped = near(factor, -1);
  const name = flipped ? 'the opposite sign' : nameOfFactor(factor, sizes);
  if (name === null) return null;
  const second = flipped ? 'it has the opposite sign' : `it is ${shown(factor)} times as large (${name})`;
  return {
    ...prediction,
    claim: `${prediction.claim}; and ${second}`,
    fix: `${prediction.fix} Then ${flipped ? 'change the sign' : `take out the factor ${shown(factor)} (${name})`}.`,
    evidence: [...(prediction.evidence ?? []), 'two bugs in one gradient: neither explains it alone'],
    specificity: 2,
    predicted: prediction.predicted.map((x) => x * factor),
    allowed: prediction.allowed * Math.max(1, Math.abs(factor)),
  };
}
