import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { bestFactor, near, nameOfFactor, shown, sizesAround } from './_numbers.ts';

/** So few elements at the bound may have got there by chance. */
const FEWEST_SATURATED = 2;

/** Clipped by value (elements saturate at ±c) or by norm (all are multiplied by one factor, and the norm is a round number). */
export const clippedGradient: Rule = {
  id: 'gradient-clipped',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    if (context.direction !== 'backward') return;
    yield* byValue(context);
    yield* byNorm(context);
  },
};

function* byValue({ subject, truth }: RuleContext): Iterable<FormHypothesis> {
  let bound = 0;
  for (const x of subject.data) bound = Math.max(bound, Math.abs(x));
  let [saturated, beyond] = [0, 0];
  subject.data.forEach((x, i) => {
    if (Math.abs(x) === bound) saturated++;
    if (Math.abs(truth.data[i] as number) > bound * 1.001) beyond++;
  });
  if (bound === 0 || saturated < FEWEST_SATURATED || beyond === 0) return;
  yield {
    cause: 'gradient.clipped',
    claim: `clipped by value at ±${shown(bound)}: ${saturated} of ${subject.data.length} elements are at the bound, ${beyond} should be beyond it`,
    fix: 'Take the clipping out of the comparison (record the gradient before it), or out of the network.',
    specificity: 3,
    predicted: truth.data.map((x) => Math.min(Math.max(x, -bound), bound)),
  };
}

function* byNorm(context: RuleContext): Iterable<FormHypothesis> {
  const { subject, truth } = context;
  const factor = bestFactor(subject.data, truth.data);
  if (factor === null || factor <= 0 || factor >= 1 || near(factor, 1)) return;
  if (nameOfFactor(factor, sizesAround(context)) !== null) return;
  for (const [what, norm] of norms(context)) {
    if (!isRound(norm)) continue;
    yield {
      cause: 'gradient.clipped',
      claim: `clipped by norm: every element is ${shown(factor)} times what it should be, and the norm of ${what} is ${shown(norm)}`,
      fix: 'Take the clipping out of the comparison (record the gradients before it), or clip in both.',
      specificity: 3,
      predicted: truth.data.map((x) => x * factor),
      evidence: [`the norm of ${what} is ${norm.toPrecision(7)}`],
    };
    return;
  }
}

/** Norms that may have been held to a bound: of all parameters' gradients, of all gradients, of this one. */
function* norms({ gradient, recorded, wiring, subject }: RuleContext): Iterable<readonly [string, number]> {
  const all = recorded('backward');
  const norm = (names: readonly string[]): number =>
    Math.sqrt(names.reduce((sum, name) => sum + squares(gradient(name)?.data ?? []), 0));
  yield ["all parameters' gradients", norm(all.filter((name) => wiring.graph.initializers.has(name)))];
  yield ['all gradients', norm(all)];
  yield ['this gradient', Math.sqrt(squares(subject.data))];
}

function squares(data: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) ** 2;
  return sum;
}

/** One digit, or a quarter: the bounds that people choose. */
function isRound(x: number): boolean {
  if (!(x > 0)) return false;
  const mantissa = x / 10 ** Math.floor(Math.log10(x) + 1e-6);
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8].some((digit) => near(mantissa, digit));
}
