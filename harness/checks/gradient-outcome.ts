import { type GradientReport, isUntested } from '../types/gradient-check.ts';
import type { Outcome } from '../types/report.ts';

/** What a gradient check comes to: a match only where something was shown of every tensor. */
export function gradientOutcome({ tensors }: GradientReport): Outcome {
  const verdicts = tensors.flatMap(({ claims }) => claims.map(({ verdict }) => verdict));
  if (verdicts.includes('mismatch')) return 'mismatch';
  return verdicts.includes('match') && !tensors.some(isUntested) ? 'match' : 'inconclusive';
}
