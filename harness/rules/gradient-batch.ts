import { isFloat } from '../tensor.ts';
import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { bestFactor, near, shown } from './_numbers.ts';

/** Divided by the number of examples once too often or too rarely; the examples may be the batch, or its rows (positions, steps). */
export const batchGradient: Rule = {
  id: 'gradient-batch',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    const { subject, truth, direction } = context;
    const factor = direction === 'backward' ? bestFactor(subject.data, truth.data) : null;
    if (factor === null || factor <= 0 || near(factor, 1)) return;
    const found = counts(context).find(({ value }) => near(factor, value) || near(factor, 1 / value));
    if (found === undefined) return;
    const rarely = factor > 1;
    yield {
      cause: 'gradient.batch-factor',
      claim: `every gradient is ${shown(factor)} times what it should be: ${rarely ? 'not divided' : 'divided once too often'} by ${found.name} (${found.value})`,
      fix: rarely
        ? `Divide by ${found.name} once, at the loss.`
        : `Divide by ${found.name} once only: it is done already.`,
      specificity: 3,
      predicted: truth.data.map((x) => x * factor),
      gain: Math.max(1, factor),
    };
  },
};

/** How many examples there are: the batch, the rows of the loss, and rows for each example. */
function counts({ wiring, value, tensor, truth }: RuleContext) {
  const found: { value: number; name: string }[] = [];
  const add = (count: number, name: string): void => {
    if (count > 1 && Number.isInteger(count) && !found.some((known) => known.value === count))
      found.push({ value: count, name });
  };
  const inputs = wiring.graph.inputs.flatMap((input) => value(input.name) ?? []);
  const batches = inputs.flatMap(({ shape }) => (shape.length > 0 ? [shape[0] as number] : []));
  for (const batch of batches) add(batch, 'the batch size');
  for (const { shape, dtype } of inputs) {
    // Tokens: [batch, steps]. Two axes of numbers are examples and their features.
    if (isFloat(dtype)) continue;
    if (shape.length === 2) add((shape[0] as number) * (shape[1] as number), 'the number of examples times steps');
    if (shape.length === 2) add(shape[1] as number, 'the number of rows for each example');
  }
  const loss = (wiring.consumers.get(tensor) ?? []).find(
    ({ op }) => op === 'SoftmaxCrossEntropyLoss' || op === 'NegativeLogLikelihoodLoss',
  );
  if (loss !== undefined) {
    const classes = truth.shape[1] ?? 1;
    add(truth.data.length / classes, 'the number of rows of the loss');
    for (const batch of batches) add(truth.data.length / classes / batch, 'the number of rows for each example');
  }
  return found;
}
