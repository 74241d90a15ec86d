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
  truth?: Float64Array,
): Prediction | null {
  if (prediction.predicted.length !== subject.length) return null;
  // A bug that changes nothing here would get the factor's proof.
  if (truth !== undefined && isSame(prediction.predicted, truth)) return null;
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

/** Equal but for rounding, as far as anything could be told apart once a factor is taken out. */
function isSame(a: Float64Array, b: Float64Array): boolean {
  let [off, all] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    off += ((a[i] as number) - (b[i] as number)) ** 2;
    all += (b[i] as number) ** 2;
  }
  return off <= 1e-8 * all;
}
