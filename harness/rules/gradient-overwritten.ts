import type { GraphNode, Wiring } from '../types/graph.ts';
import type { BackwardContext, BackwardHypothesis, Rule, Use } from '../types/rule.ts';
import { sent } from './_back.ts';
import { isStatistic } from './_statistics.ts';

/** Up to so many uses every subset is tried; beyond, one use alone, all but one, the first so many, the last so many. */
const MOST_SUBSETS = 6;

/** A tensor used several times gets the sum of what its uses send back: here some of them were lost (`=` instead of `+=`, a skip not added). */
export const overwrittenGradient: Rule = {
  id: 'gradient-overwritten',
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, slot, others, part } = context;
    const uses = context.uses();
    if (uses === null) {
      if (others.every((x) => x === 0)) return;
      yield told(
        context,
        [{ node, slot, part: part.data }],
        null,
        part.data.map((x, i) => x - (others[i] as number)),
      );
      yield told(context, null, [{ node, slot, part: part.data }], new Float64Array(part.data.length));
      return;
    }
    // Once a tensor: at its first use.
    if (uses.length < 2 || uses[0]?.node !== node || uses[0].slot !== slot) return;
    for (const kept of subsets(uses.length)) {
      const keeps = uses.filter((_, i) => kept[i]);
      const lost = uses.filter((_, i) => !kept[i]);
      const total = new Float64Array(part.data.length);
      for (const use of keeps)
        for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (use.part[i] as number);
      yield told(
        context,
        keeps,
        lost,
        total.map((x, i) => x - (others[i] as number)),
      );
    }
  },
};

function told(
  { node, slot, direct, wiring }: BackwardContext,
  kept: readonly Use[] | null,
  lost: readonly Use[] | null,
  part: Float64Array,
): BackwardHypothesis {
  const tensor = node.inputs[slot] as string;
  const statistics = lost?.every((use) => endsInStatistic(wiring, use.node)) === true;
  const what =
    kept !== null && (lost === null || kept.length <= lost.length)
      ? `only what ${names(kept)} sends back is kept`
      : `what ${names(lost ?? [])} sends back is lost`;
  if (statistics) {
    const claim = `${tensor} gets nothing back through its mean (${names(lost)}): a statistic is taken as a constant`;
    return sent(
      'gradient.statistics-constant',
      claim,
      'Send the gradient back through the mean and the variance too.',
      part,
    );
  }
  return sent(
    'gradient.overwritten',
    `${tensor} is used ${kept !== null && lost !== null ? kept.length + lost.length : 'several'} times, and ${what}`,
    'Add what every use sends back (+=), starting from zero, instead of writing over it (=).',
    part,
    // Inside a fused layer it is a term of that layer's derivative: what names the term says more.
    direct ? 3 : 2,
  );
}

/** A mean, or a square on its way to one, that a norm divides by or subtracts. */
function endsInStatistic(wiring: Wiring, { op, outputs }: GraphNode): boolean {
  const [output = ''] = outputs;
  if (op === 'ReduceMean') return isStatistic({ wiring }, output);
  const readers = wiring.consumers.get(output) ?? [];
  const squares = op === 'Mul' || op === 'Pow';
  return (
    squares && readers.length > 0 && readers.every((node) => node.op === 'ReduceMean' && endsInStatistic(wiring, node))
  );
}

function names(uses: readonly Use[]): string {
  const shown = uses.slice(0, 3).map(({ node, slot }) => `${node.name} (input ${slot})`);
  return uses.length > 3 ? `${shown.join(', ')} and ${uses.length - 3} more` : shown.join(' and ');
}

/** Which uses are kept: neither all nor none. */
function* subsets(count: number): Iterable<readonly boolean[]> {
  const range = Array.from({ length: count }, (_, i) => i);
  if (count <= MOST_SUBSETS) {
    for (let bits = 1; bits < 2 ** count - 1; bits++) yield range.map((i) => ((bits >> i) & 1) === 1);
    return;
  }
  for (const one of range) {
    yield range.map((i) => i === one);
    yield range.map((i) => i !== one);
    if (one >= 2) yield range.map((i) => i < one);
    if (one >= 1 && one <= count - 2) yield range.map((i) => i >= one);
  }
}
