import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';

/** Never written: zero everywhere. */
export const zero: Rule = {
  id: 'zero',
  *form({ truth, direction }: RuleContext): Iterable<FormHypothesis> {
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
