import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';

/** Never written: zero everywhere. */
export const zero: Rule = {
  id: 'zero',
  *form({ subject, truth, direction }: RuleContext): Iterable<FormHypothesis> {
    // Small is not zero: a factor that makes everything tiny is another bug.
    if (!subject.data.every((x) => x === 0)) return;
    const cause = direction === 'forward' ? 'value.zero' : 'gradient.zero';
    const what = direction === 'forward' ? 'value' : 'gradient';
    yield {
      cause,
      claim: `the ${what} is zero everywhere: it was never written`,
      fix: `Compute this ${what}, and write it where it is recorded.`,
      specificity: 3,
      predicted: new Float64Array(truth.data.length),
    };
  },
};
