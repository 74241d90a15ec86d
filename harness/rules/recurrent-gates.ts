import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { otherOrders, range } from './_draft.ts';
import { patch } from './_patch.ts';
import { again, B, firstWrongStep, R, RECURRENT, type Recurrent, recurrentOf, W, withOutputs } from './_recurrent.ts';

/** Blocks of the gates read in another order: of all parameters alike, or of some of them only. */
export const recurrentGates: Rule = {
  id: 'recurrent-gates',
  ops: RECURRENT,
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = recurrentOf(context);
    if (found === null || found.gates.length < 2) return;
    const evidence = firstWrongStep(context, found);
    const biased = context.inputs[B] !== undefined;
    const sets = [{ slots: biased ? [W, R, B] : [W, R], which: 'all parameters' }];
    if (biased)
      sets.push({ slots: [W, R], which: 'the weights, not of the biases' }, { slots: [B], which: 'the biases' });
    for (const { slots, which } of sets) {
      for (const order of otherOrders(found.gates.length)) {
        const right = found.gates.join(', ');
        const read = order.map((g) => found.gates[g]).join(', ');
        yield {
          cause: 'recurrent.gate-order',
          claim: `gate blocks of ${which} are taken for ${named(order, found)}: block order ${read} for ${right}`,
          fix: `Read the blocks in the order ${right}.`,
          specificity: 3,
          evidence,
          edit: reordered(context, found, order, slots),
        };
      }
    }
  },
};

/** Two gates swapped, or another order of more. */
function named(order: readonly number[], { gates }: Recurrent): string {
  const moved = order.flatMap((g, i) => (g === i ? [] : [gates[i] as string]));
  return moved.length === 2 ? `one another's (${moved.join(' and ')} swapped)` : `others (${moved.join(', ')})`;
}

/** Gate i takes the block of gate order[i]. */
function reordered(context: ForwardContext, found: Recurrent, order: readonly number[], slots: readonly number[]) {
  const { hidden, gates } = found;
  const p = patch(context);
  const rows = order.flatMap((g) => range(hidden).map((i) => g * hidden + i));
  const both = [...rows, ...rows.map((row) => row + gates.length * hidden)];
  const moved = slots.map((slot) => [slot, p.take(context.node.inputs[slot] as string, slot === B ? both : rows, 1)]);
  return withOutputs(p, again(p, context, Object.fromEntries(moved) as Record<number, string>));
}
