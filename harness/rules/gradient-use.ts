import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';
import { bestFactor, nameOfFactor, near, shown, sizesAround } from './_numbers.ts';

/** One use of a tensor that is used several times sends its part back with the wrong sign, or off by a factor; the other parts are right. */
export const useGradient: Rule = {
  id: 'gradient-use',
  *backward(context: BackwardContext): Iterable<BackwardHypothesis> {
    const { others, part, wanted, node, slot, direct } = context;
    // A tensor with one use is a matter of the whole gradient.
    if (others.every((x) => x === 0) || part.data.every((x) => x === 0)) return;
    // Of a product with itself one half with the opposite sign is nothing at all: that is another bug.
    if (node.inputs.filter((name) => name === node.inputs[slot]).length > 1) return;
    const from = `${node.name} (input ${slot})`;
    const factor = direct ? bestFactor(wanted, part.data) : -1;
    if (factor === null || near(factor, 1) || Math.abs(factor) < 1e-3) return;
    if (near(factor, -1)) {
      yield sent(
        'sign.flipped',
        `what ${from} sends back has the opposite sign, the other uses of ${node.inputs[slot]} send what they should`,
        'Change the sign of this part.',
        part.data.map((x) => -x),
      );
      return;
    }
    const name = part.data.length < 2 ? null : nameOfFactor(factor, sizesAround(context));
    if (name === null) return;
    yield sent(
      'scale.constant',
      `what ${from} sends back is ${shown(factor)} times what it should be, which is ${name}; the other uses of ${node.inputs[slot]} send what they should`,
      'Leave the factor out (or apply it once).',
      part.data.map((x) => x * factor),
      2,
    );
  },
};
