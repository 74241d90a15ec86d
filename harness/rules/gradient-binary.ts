import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { sigmoid } from './_slopes.ts';

/** The scale must be one for all elements, to so much. */
const SAME = 1e-3;

/**
 * Binary cross-entropy, written out in whatever way: the gradient of a score is scale · (σ(x) − target), with targets 0 and 1. Scale and targets are
 * read off the right gradient; of the wrong one the target is left out, or the sigmoid.
 */
export const binaryTarget: Rule = {
  id: 'gradient-binary-target',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    const { direction, tensor, truth, value } = context;
    const x = direction === 'backward' ? value(tensor) : null;
    if (x === null || x.data.length !== truth.data.length || x.data.length < 4) return;
    const p = x.data.map(sigmoid);
    const scale = scaleOf(p, truth.data);
    if (scale === null) return;
    const target = (i: number): number => ((truth.data[i] as number) / scale > 0 ? 0 : 1);
    const sent = (cause: string, claim: string, fix: string, f: (p: number, t: number, x: number) => number) => ({
      cause,
      claim,
      fix,
      specificity: 3 as const,
      predicted: p.map((s, i) => scale * f(s, target(i), x.data[i] as number)),
      gain: 4,
    });
    const right = 'Send back (σ(score) − target), scaled as the loss is.';
    yield sent(
      'gradient.target-missing',
      'the gradient of the scores is their sigmoid alone: the target is not subtracted',
      right,
      (s) => s,
    );
    yield sent(
      'gradient.target-missing',
      'the gradient of the scores is the target alone, without their sigmoid',
      right,
      (_s, t) => -t,
    );
    yield sent(
      'gradient.derivative-wrong',
      "the sigmoid's own derivative is applied on top: (σ − target) already holds it",
      right,
      (s, t) => (s - t) * s * (1 - s),
    );
    yield sent(
      'gradient.derivative-of-wrong-value',
      'the scores stand where their sigmoid belongs: score − target',
      right,
      (_s, t, score) => score - t,
    );
  },
};

/** The scale c with which every element is c · (p − 0) or c · (p − 1), both occurring; null where there is none. */
function scaleOf(p: Float64Array, truth: Float64Array): number | null {
  for (const sign of [1, -1]) {
    const each = truth.map((g, i) => {
      const s = p[i] as number;
      return sign * g > 0 ? g / s : g / (s - 1);
    });
    const sorted = [...each].filter((c) => Number.isFinite(c)).sort((a, b) => a - b);
    const middle = sorted[sorted.length >> 1];
    if (middle === undefined || middle === 0 || sorted.length < each.length) continue;
    const zeros = truth.filter((g) => sign * g > 0).length;
    if (zeros === 0 || zeros === truth.length) continue;
    if (each.every((c) => Math.abs(c - middle) <= SAME * Math.abs(middle))) return middle;
  }
  return null;
}
