import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { otherOrders, range } from './_draft.ts';

/** Up to so many parts are tried in every order; more in reverse, turned, and with two neighbours swapped. */
const MOST_PARTS = 4;

/** The parts of a concatenation in another order. */
export const concat: Rule = {
  id: 'concat',
  ops: ['Concat'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { inputs } = context.node;
    for (const order of ordersOf(inputs.length)) {
      const names = order.map((i) => inputs[i] as string);
      if (names.join() === inputs.join()) continue;
      yield {
        cause: 'concat.order',
        claim: `the parts are joined in the order ${order.map((i) => i + 1).join(', ')}: ${list(names)}`,
        fix: `Join ${list(inputs)}, in this order.`,
        specificity: 3,
        edit: context.same({ inputs: Object.fromEntries(names.entries()) }),
      };
    }
  },
};

const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

function ordersOf(count: number): readonly (readonly number[])[] {
  if (count <= MOST_PARTS) return otherOrders(count);
  const plain = range(count);
  const swaps = plain.slice(1).map((i) => plain.map((x) => (x === i ? i - 1 : x === i - 1 ? i : x)));
  return [[...plain].reverse(), [...plain.slice(1), 0], [count - 1, ...plain.slice(0, -1)], ...swaps];
}
