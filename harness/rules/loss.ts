import { intAttribute } from '../attributes.ts';
import { sizeOf } from '../shape.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { type Count, countsOf, LOSSES, reductionOf } from './_loss.ts';
import { type Patch, patch } from './_patch.ts';
import { writeSoftmax } from './softmax.ts';

/** A loss operator that is reduced otherwise, fed otherwise, or takes another logarithm. */
export const loss: Rule = {
  id: 'loss',
  ops: LOSSES,
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    if (context.inputs[0] === undefined || context.inputs[1] === undefined) return;
    for (const variant of [
      ...ofReduction(context),
      ...ofInput(context),
      ...ignoredCounted(context),
      ...ofWeights(context),
      ...ofLogarithm(context),
    ]) {
      yield { specificity: 3, ...variant };
    }
  },
};

/** Divisors are tried up to this one. */
const MOST_PARTS = 64;

type Variant = Omit<ForwardHypothesis, 'specificity'>;

/** The loss again with another reduction. */
function reduced(p: Patch, { node, attributes }: ForwardContext, reduction: string, inputs = node.inputs): string {
  return p.emit(node.op, inputs, { ...attributes, reduction: { kind: 'string', value: reduction } });
}

function* ofReduction(context: ForwardContext): Iterable<Variant> {
  const { inputs, node } = context;
  const right = reductionOf(context);
  const labels = inputs[1]?.shape ?? [];
  const cause = 'loss.reduction';
  const fix =
    right === 'sum'
      ? 'Sum the losses of all examples.'
      : 'Divide the sum of the losses by what the model divides it by: the labels that count, or the sum of their weights.';
  if (right === 'none') return;
  if (right === 'sum') {
    const p = patch(context);
    yield {
      cause,
      claim: 'the losses are averaged, the model sums them',
      fix,
      edit: p.edit(reduced(p, context, 'mean')),
    };
  } else {
    const p = patch(context);
    yield {
      cause,
      claim: 'the losses are summed, the model takes their mean',
      fix,
      edit: p.edit(reduced(p, context, 'sum')),
    };
  }
  const scores = inputs[0]?.shape ?? [];
  for (const { value, name } of [...countsOf(labels), ...countsOf(scores), ...partsOf(sizeOf(labels))]) {
    const p = patch(context);
    const divided = p.emit('Div', [reduced(p, context, 'sum'), p.scalar(value)]);
    yield { cause, claim: `the sum of the losses is divided by ${name}`, fix, edit: p.edit(divided) };
  }
  if (right === 'mean') {
    for (const { value, name } of countsOf(labels)) {
      const p = patch(context);
      const again = p.emit(node.op, node.inputs, context.attributes);
      const twice = `the mean of the losses is divided once more by ${name}`;
      yield { cause, claim: twice, fix, edit: p.edit(p.emit('Div', [again, p.scalar(value)])) };
    }
  }
}

/** Steps and sequences that were made one axis: each is a divisor of how many there are. */
function partsOf(count: number): readonly Count[] {
  const divisors = Array.from(
    { length: Math.max(0, Math.min(MOST_PARTS, Math.floor(count / 2)) - 1) },
    (_, i) => i + 2,
  );
  return (
    divisors
      // Twice the mean is a factor of 2, whatever the sizes.
      .filter((value) => count % value === 0 && count !== 2 * value)
      .map((value) => ({ value, name: `${value}, a part of the ${count} labels (${value} × ${count / value})` }))
  );
}

function* ofInput(context: ForwardContext): Iterable<Variant> {
  const { node } = context;
  const logits = node.op === 'SoftmaxCrossEntropyLoss';
  const p = patch(context);
  const softened = writeSoftmax(p, node.inputs[0] as string, [1], false);
  yield {
    cause: 'loss.double-softmax',
    claim: `a softmax is applied to the ${logits ? 'logits before a loss that applies one itself' : 'log probabilities'}`,
    fix: `Give the loss the ${logits ? 'logits themselves' : 'log probabilities themselves'}.`,
    edit: again(p, context, { 0: softened }),
  };
  for (const { how, data } of shiftedLabels(context)) {
    const q = patch(context);
    const labels = context.inputs[1]?.shape ?? [];
    const name = q.constant({ dtype: 'int64', shape: labels, data: BigInt64Array.from(data, BigInt) });
    yield {
      cause: 'loss.label-shift',
      claim: how,
      fix: 'Compare each example with its own label.',
      edit: again(q, context, { 1: name }),
    };
  }
}

/** Examples that the model ignores are counted, as if they had this label. */
function* ignoredCounted(context: ForwardContext): Iterable<Variant> {
  const { inputs, attributes } = context;
  const [scores, labels] = inputs;
  const ignored = intAttribute(attributes, 'ignore_index', Number.NaN);
  const classes = scores?.shape[1] ?? 0;
  if (labels?.data.includes(ignored) !== true || classes < 2) return;
  const { ignore_index: _, ...rest } = attributes;
  for (const label of new Set([0, classes - 1, ((ignored % classes) + classes) % classes])) {
    const p = patch(context);
    const data = BigInt64Array.from(labels.data, (x) => BigInt(x === ignored ? label : x));
    const name = p.constant({ dtype: 'int64', shape: labels.shape, data });
    yield {
      cause: 'loss.reduction',
      claim: `examples with the label ${ignored}, which the model ignores, are counted as class ${label}`,
      fix: `Leave examples with the label ${ignored} out of the sum and of what it is divided by.`,
      edit: again({ ...p }, { ...context, attributes: rest }, { 1: name }),
    };
  }
}

/** Weights of the classes left out: of the losses, of what their sum is divided by, or of both. */
function* ofWeights(context: ForwardContext): Iterable<Variant> {
  const { node, inputs, attributes } = context;
  if (inputs[2] === undefined) return;
  const bare = node.inputs.slice(0, 2);
  const told = {
    cause: 'loss.reduction',
    fix: 'Weigh the loss of each example by the weight of its class, and divide by the sum of these weights.',
  };
  const p = patch(context);
  yield { ...told, claim: 'the weights of the classes are left out', edit: p.edit(p.emit(node.op, bare, attributes)) };
  if (reductionOf(context) !== 'mean') return;
  const q = patch(context);
  // Σ w·l / n = (Σ w·l) · (mean l / Σ l)
  const count = q.emit('Div', [reduced(q, context, 'mean', bare), reduced(q, context, 'sum', bare)]);
  const claim = 'the sum of the weighted losses is divided by the number of examples, not by the sum of their weights';
  yield { ...told, claim, edit: q.edit(q.emit('Mul', [reduced(q, context, 'sum'), count])) };
  const r = patch(context);
  const total = r.emit('Div', [reduced(r, context, 'mean'), reduced(r, context, 'sum')]);
  const other = 'the losses are not weighted, and yet divided by the sum of the weights';
  yield { ...told, claim: other, edit: r.edit(r.emit('Mul', [reduced(r, context, 'sum', bare), total])) };
}

function again(p: Patch, { node, attributes }: ForwardContext, changed: Readonly<Record<number, string>>): Edit {
  const names = node.inputs.map((name, slot) => changed[slot] ?? name);
  const made = p.emitMany(node.op, names, node.outputs.length, attributes);
  return p.edit(made[0] as string, Object.fromEntries(made.slice(1).map((name, i) => [i + 1, name])));
}

function* shiftedLabels({ inputs, attributes }: ForwardContext): Iterable<{ how: string; data: number[] }> {
  const [scores, labels] = inputs;
  const classes = scores?.shape[1] ?? 0;
  if (labels === undefined || classes < 2) return;
  const ignored = intAttribute(attributes, 'ignore_index', Number.NaN);
  const plain = [...labels.data];
  const moved = (f: (label: number) => number): number[] =>
    plain.map((label) => (label === ignored ? label : f(label)));
  for (const by of [1, -1]) {
    const way = by > 0 ? '+ 1' : '− 1';
    const around = moved((label) => (label + by + classes) % classes);
    yield { how: `class k ${way} is taken for label k`, data: around };
    const held = moved((label) => Math.min(classes - 1, Math.max(0, label + by)));
    if (held.join() !== around.join())
      yield { how: `class k ${way} is taken for label k (held at the ends)`, data: held };
    const size = plain.length;
    const along = labels.shape.at(-1) ?? 1;
    for (const length of new Set([along, size])) {
      if (length < 2) continue;
      const at = (i: number): number => i - (i % length) + (((i % length) + by + length) % length);
      yield {
        how: `each place is compared with the label of the ${by > 0 ? 'next' : 'one before'}`,
        data: plain.map((_, i) => plain[at(i)] as number),
      };
    }
  }
  if (sizeOf(labels.shape) > 1) yield { how: 'labels are taken in the opposite order', data: [...plain].reverse() };
}

function* ofLogarithm(context: ForwardContext): Iterable<Variant> {
  for (const { base, factor } of [
    { base: 2, factor: Math.LOG2E },
    { base: 10, factor: Math.LOG10E },
  ]) {
    const p = patch(context);
    const scaled = p.emit('Mul', [p.emit(context.node.op, context.node.inputs, context.attributes), p.scalar(factor)]);
    yield {
      cause: 'loss.log-base',
      claim: `the logarithm has base ${base}`,
      fix: 'Use the natural logarithm.',
      edit: p.edit(scaled),
    };
  }
}
