import { sizeOf } from '../shape.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { numberAt } from './_attention.ts';
import { countsOf, endsInLoss, isSquared } from './_loss.ts';
import { shown } from './_numbers.ts';
import { type Patch, patch } from './_patch.ts';

/** A loss written out in primitive operators: its reduction, its half, its logarithm. */
export const lossWritten: Rule = {
  id: 'loss-written',
  ops: ['ReduceMean', 'ReduceSum', 'ReduceSumSquare', 'Mul', 'Div', 'Log'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, wiring, value } = context;
    if (!endsInLoss(wiring, node.outputs[0] as string, value)) return;
    if (node.op === 'Log') yield* ofLogarithm(context);
    else if (node.op === 'Mul' || node.op === 'Div') yield* ofHalf(context);
    else yield* ofReduction(context);
  },
};

/** What a reduction sums over, and what is left. */
function* ofReduction(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node, inputs, outputs, wiring } = context;
  const [from, to] = [inputs[0]?.shape, outputs[0]?.shape];
  if (from === undefined || to === undefined) return;
  const count = sizeOf(from) / Math.max(1, sizeOf(to));
  const mean = node.op === 'ReduceMean';
  const scaled = (factor: number): ForwardHypothesis['edit'] => {
    const p = patch(context);
    return p.edit(p.emit('Mul', [again(p, context), p.scalar(factor)]));
  };
  const told = { cause: 'loss.reduction', specificity: 3 as const };
  const right = mean ? `Divide the sum by ${count}` : 'Sum, without dividing';
  if (count > 1) {
    const claim = mean
      ? `the losses are summed, the model takes the mean of ${count}`
      : `the losses are averaged over ${count}, the model sums them`;
    yield { ...told, claim, fix: `${right}.`, edit: scaled(mean ? count : 1 / count) };
  }
  for (const { value, name } of countsOf(from)) {
    if (value === count) continue;
    const claim = `the sum of the losses is divided by ${name}${mean ? `, not by ${count}` : ''}`;
    yield { ...told, claim, fix: `${right}.`, edit: scaled((mean ? count : 1) / value) };
    if (!mean) continue;
    const twice = `the mean of the losses is divided once more by ${name}`;
    yield { ...told, claim: twice, fix: `${right}, once.`, edit: scaled(1 / value) };
  }
  if (!isSquared(wiring, node.inputs[0] as string) && node.op !== 'ReduceSumSquare') return;
  const half = { cause: 'loss.half-factor', specificity: 3 as const };
  yield {
    ...half,
    claim: 'the squared error is halved, the model does not halve it',
    fix: 'Leave the factor 1/2 out.',
    edit: scaled(0.5),
  };
  yield {
    ...half,
    claim: 'the squared error is doubled: a factor 1/2 is left out',
    fix: 'Multiply by 1/2.',
    edit: scaled(2),
  };
}

const again = (p: Patch, { node, attributes }: ForwardContext): string => p.emit(node.op, node.inputs, attributes);

/** A factor 1/2 (or 2) of a squared error, left out. */
function* ofHalf(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node, wiring } = context;
  const slot = node.op === 'Div' || numberAt(context, 1) !== null ? 1 : 0;
  const number = numberAt(context, slot);
  if (number === null || ![0.5, 2].includes(number)) return;
  const rest = node.inputs[1 - slot] as string;
  if (!isSquared(wiring, rest)) return;
  const p = patch(context);
  yield {
    cause: 'loss.half-factor',
    claim: `the factor ${node.op === 'Div' ? '1/' : ''}${number} of the squared error is left out`,
    fix: `${node.op === 'Div' ? 'Divide' : 'Multiply'} by ${number}.`,
    specificity: 3,
    edit: p.edit(rest),
  };
}

function* ofLogarithm(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node } = context;
  for (const { base, factor } of [
    { base: 2, factor: Math.LOG2E },
    { base: 10, factor: Math.LOG10E },
  ]) {
    const p = patch(context);
    const edit = p.edit(p.emit('Mul', [again(p, context), p.scalar(factor)]));
    yield {
      cause: 'loss.log-base',
      claim: `the logarithm has base ${base}`,
      fix: 'Use the natural logarithm.',
      specificity: 3,
      edit,
    };
  }
  const solved = boundsOf(context);
  for (const bound of [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12, ...solved]) {
    for (const adds of [false, true]) {
      const p = patch(context);
      const bounded = p.emit(adds ? 'Add' : 'Max', [node.inputs[0] as string, p.scalar(bound)]);
      yield {
        cause: 'loss.clip',
        claim: `probabilities are ${adds ? `increased by ${shown(bound)}` : `raised to at least ${shown(bound)}`} before the logarithm`,
        fix: 'Take the logarithm of the probability itself (or the log softmax of the logits).',
        specificity: 3,
        edit: p.edit(p.emit('Log', [bounded])),
      };
    }
  }
}

/** What the numbers say of the bound: the least result is the logarithm of what nothing goes below; what is added is the same everywhere. */
function boundsOf({ direct, subject, inputs }: ForwardContext): readonly number[] {
  const x = inputs[0]?.data;
  if (!direct || x === undefined || x.length !== subject.data.length) return [];
  const least = Math.exp(subject.data.reduce((a, b) => Math.min(a, b), 0));
  // Where x is smallest, what is added shows best.
  const at = x.reduce((best, value, i) => (value < (x[best] as number) ? i : best), 0);
  const added = Math.exp(subject.data[at] as number) - (x[at] as number);
  return [least, added].filter((bound) => bound > 0 && bound < 1);
}
