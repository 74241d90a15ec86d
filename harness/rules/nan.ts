import { indexOf } from '../shape.ts';
import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';

/** NaN or infinity where the right answer is finite, and the rest right. */
export const nan: Rule = {
  id: 'nan',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    const { subject, truth } = context;
    const places: number[] = [];
    subject.data.forEach((x, i) => {
      if (!Number.isFinite(x) && Number.isFinite(truth.data[i])) places.push(i);
    });
    const [first] = places;
    if (first === undefined) return;
    const nans = places.filter((i) => Number.isNaN(subject.data[i])).length;
    const what = nans === places.length ? 'NaN' : nans === 0 ? 'infinite' : 'NaN or infinite';
    const predicted = Float64Array.from(truth.data);
    for (const i of places) predicted[i] = subject.data[i] as number;
    yield {
      cause: 'value.nan',
      claim: `${places.length} of ${subject.data.length} elements are ${what}, first at [${indexOf(first, subject.shape).join(', ')}]${runOf(places, subject.shape)}; ${origin(context)}`,
      fix: 'Look for an overflow, a division by zero, or a logarithm or root of what is not positive in this layer; subtract the maximum before exponentials.',
      specificity: 2,
      predicted,
    };
  },
};

/** `, all of row 3` where the places are one whole row of the last axis. */
function runOf(places: readonly number[], shape: readonly number[]): string {
  const width = shape.at(-1) ?? 1;
  const rows = new Set(places.map((i) => Math.floor(i / width)));
  if (rows.size * width !== places.length || width === 1) return '';
  return rows.size === 1 ? ' (one whole row)' : ` (${rows.size} whole rows)`;
}

/** Whether it began here: what the layer read is looked at. */
function origin({ wiring, tensor, direction, value, gradient }: RuleContext): string {
  const read =
    direction === 'forward'
      ? (wiring.producer.get(tensor)?.inputs ?? []).map((name) => ({ name, found: value(name) }))
      : (wiring.consumers.get(tensor) ?? [])
          .flatMap((node) => node.outputs)
          .map((name) => ({ name, found: gradient(name) }));
  const bad = read.find(({ found }) => found?.data.some((x) => !Number.isFinite(x)));
  return bad === undefined
    ? 'it began here: what this layer read is finite'
    : `what it read from "${bad.name}" is not finite either`;
}
