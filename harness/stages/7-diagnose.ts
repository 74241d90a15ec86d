import { difference } from '../metrics/difference.ts';
import type { Cause, Site } from '../types/report.ts';
import type { Told } from '../types/rule.ts';

/** A hypothesis with what it predicts for the faulty tensor, ready to be tested. */
export interface Prediction extends Told {
  readonly predicted: Float64Array;
  /** The noise that the prediction itself may have, as an rms. */
  readonly allowed: number;
}

/** A cause must explain all but this share of the error, however wide the noise: near the floor almost anything would fit. */
const MOST_LEFT = 0.2;

/** What a prediction is tested against. */
export interface Tested {
  readonly subject: Float64Array;
  readonly truth: Float64Array;
  readonly slack: Float64Array | null;
}

/** A cause that met the numbers. */
export interface Proven {
  readonly cause: Cause;
  readonly specificity: number;
  /** rms left over, as a share of what is allowed. */
  readonly left: number;
}

/**
 * Stage 7: a hypothesis is proven where its prediction is as near to the subject's own numbers as a right answer would have to be.
 * Nothing else is ever shown as a cause.
 */
export function test(prediction: Prediction, { subject, truth, slack }: Tested): Proven | null {
  if (prediction.predicted.length !== subject.length) return null;
  const left = difference(subject, prediction.predicted, slack);
  const error = difference(subject, truth, slack);
  if (error.nonFinite === 0 && error.rms === 0) return null; // nothing is wrong: nothing explains it
  const bound = error.nonFinite > 0 ? prediction.allowed : Math.min(prediction.allowed, MOST_LEFT * error.rms);
  if (!(left.nonFinite === 0 && left.rms <= bound)) return null;
  const explains = error.nonFinite > 0 ? 1 : 1 - Math.min(1, left.rms / error.rms);
  const { cause: id, claim, fix, specificity } = prediction;
  const evidence = [
    ...(prediction.evidence ?? []),
    `computed with this bug, all ${left.compared} elements agree to rms ${digits(left.rms)} (allowed ${digits(prediction.allowed)}); without it they are ${digits(error.rms)} off`,
  ];
  const share = prediction.allowed > 0 ? left.rms / prediction.allowed : 0;
  return { cause: { id, claim, fix, explains, evidence }, specificity, left: share };
}

/** The best explanation of a site, and those that meet the numbers as well: ties are reported as ties. */
export function conclude(site: Site, proven: readonly Proven[]): Site {
  const ranked = [...proven].sort((a, b) => b.specificity - a.specificity || a.left - b.left);
  const [best] = ranked;
  if (best === undefined) return site;
  const different = new Map(ranked.map(({ cause }) => [cause.id, cause]).reverse() as [string, Cause][]);
  different.delete(best.cause.id);
  return { ...site, cause: best.cause, candidates: [best.cause, ...[...different.values()].reverse()] };
}

const digits = (x: number): string => x.toPrecision(2);
