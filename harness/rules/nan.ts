import { indexOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
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
function origin(context: RuleContext): string {
  const bad = notFinite(context);
  return bad === undefined ? 'it began here: what this layer read is finite' : `${bad} is not finite either`;
}

/** The first of what the layer reads that is not finite: forward its inputs, backward what flows back into it and the values that it was computed from. */
function notFinite({ wiring, tensor, direction, segment, value, gradient }: RuleContext): string | undefined {
  const hasBad = (found: Value | null): boolean => found?.data.some((x) => !Number.isFinite(x)) === true;
  const said = (name: string): string => `what it read from "${name}"`;
  if (direction === 'forward') {
    const name = (wiring.producer.get(tensor)?.inputs ?? []).find((read) => hasBad(value(read)));
    return name === undefined ? undefined : said(name);
  }
  const around = [tensor, ...segment.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])];
  const computed = around.find((name) => hasBad(value(name)));
  if (computed !== undefined) return `the value of "${computed}"`;
  const flowing = segment.flatMap(({ outputs }) => outputs).find((name) => hasBad(gradient(name)));
  return flowing === undefined ? undefined : said(flowing);
}

/** A gradient that differs only where the right one is not a number, as a value or a gradient that it is computed from is none: any number is as good there. */
export const nanBehind: Rule = {
  id: 'nan-behind',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    const { subject, truth, direction } = context;
    if (direction !== 'backward') return;
    const places = [...truth.data.keys()].filter(
      (i) => !Object.is(truth.data[i], subject.data[i]) && !Number.isFinite(truth.data[i]),
    );
    const bad = places.length === 0 ? undefined : notFinite(context);
    if (bad === undefined) return;
    const predicted = Float64Array.from(truth.data);
    for (const i of places) predicted[i] = subject.data[i] as number;
    yield {
      cause: 'value.nan',
      claim: `follows from ${bad}, which is not finite: ${places.length} of ${subject.data.length} elements have no right answer, and the others are right`,
      fix: 'Look at where the first value that is not finite comes from; there is nothing to do here.',
      specificity: 2,
      predicted,
    };
  },
};
