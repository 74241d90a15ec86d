import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { isStatistic } from './_statistics.ts';

/** Up to so many statistics of a fused norm, every subset is tried as constants. */
const MOST = 4;

/** A norm written out in primitives and recorded as one layer: its means, as nodes of the segment, taken as constants. */
export const normPartsGradient: Rule = {
  id: 'gradient-norm-parts',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    if (context.direction !== 'backward') return;
    const means = context.segment.filter(
      ({ op }) => op === 'ReduceMean' || op === 'ReduceSumSquare' || op === 'ReduceSum',
    );
    const inner = means.filter((node) => isStatistic(context, node.outputs[0] as string));
    if (inner.length === 0 || inner.length > MOST) return;
    for (let bits = 1; bits < 2 ** inner.length; bits++) {
      const chosen = inner.filter((_, i) => ((bits >> i) & 1) === 1);
      const predicted = context.blocked(chosen.map((node) => node.outputs[0] as string));
      if (predicted === null) continue;
      const names = chosen.map((node) => node.name).join(' and ');
      yield {
        cause: 'gradient.statistics-constant',
        claim: `the statistics computed by ${names} are taken as constants on the way back`,
        fix: 'Send the gradient back through the mean and the variance too.',
        specificity: 3,
        predicted,
      };
    }
  },
};
