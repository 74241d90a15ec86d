import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { bestFactor, nameOfFactor, near, shown, sizesAround } from './_numbers.ts';

/** Every element off by one factor: the sign, a size, a half, any constant. */
export const scale: Rule = {
  id: 'scale',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    const { subject, truth, direction } = context;
    const factor = bestFactor(subject.data, truth.data);
    if (factor === null || factor === 0 || near(factor, 1) || truth.data.length === 0) return;
    const flipped = near(factor, -1);
    const sizes = sizesAround(context);
    const name = flipped ? null : nameOfFactor(factor, sizes);
    // One factor always fits one number: what has few elements must be off by a number that has a name, and exactly.
    const count = truth.data.reduce((sum, x) => sum + (x === 0 ? 0 : 1), 0);
    if (count < 2 && !flipped && name === null) return;
    const predicted = truth.data.map((x) => x * factor);
    const gain = Math.abs(factor);
    const what = direction === 'forward' ? 'value' : 'gradient';
    if (flipped) {
      yield {
        cause: 'sign.flipped',
        claim: `every ${what} has the opposite sign`,
        fix: 'Change the sign (or swap the operands of the subtraction).',
        specificity: direction === 'backward' ? 3 : 2,
        predicted,
        gain,
      };
      return;
    }
    const called = name === null ? '' : `, which is ${name}`;
    const fix = `${factor > 1 ? 'Divide' : 'Multiply'} by ${shown(factor > 1 ? factor : 1 / factor)}${called === '' ? '' : ` (${name?.replace(/^1 \/ /, '')})`}: a factor is ${factor > 1 ? 'missing or applied twice' : 'applied once too often'}.`;
    const claim = `every ${what} is ${shown(factor)} times what it should be${called}`;
    yield { cause: 'scale.constant', claim, fix, specificity: name === null ? 1 : 2, predicted, gain };
  },
};
