import { intAttribute } from '../attributes.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import type { Shape } from '../types/tensor.ts';
import { axisSets, type Patch, patch } from './_patch.ts';

/** The axes over which a Softmax sums: one since opset 13, all from `axis` on before. */
export function softmaxAxes({ attributes, opset, inputs }: ForwardContext): readonly number[] {
  const rank = inputs[0]?.shape.length ?? 0;
  const axis = intAttribute(attributes, 'axis', opset >= 13 ? -1 : 1);
  const first = axis < 0 ? axis + rank : axis;
  return opset >= 13 ? [first] : Array.from({ length: rank - first }, (_, i) => first + i);
}

/** exp(x − max) / Σ exp(x − max) over these axes, or its logarithm. */
export function writeSoftmax(p: Patch, x: string, axes: readonly number[], log: boolean): string {
  const centred = p.emit('Sub', [x, p.reduce('ReduceMax', x, axes)]);
  const powers = p.emit('Exp', [centred]);
  const sum = p.reduce('ReduceSum', powers, axes);
  return log ? p.emit('Sub', [centred, p.emit('Log', [sum])]) : p.emit('Div', [powers, sum]);
}

/** A softmax over the wrong axis, twice, without its guard against overflow, or with terms missing from its sum. */
export const softmax: Rule = {
  id: 'softmax',
  ops: ['Softmax', 'LogSoftmax'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const shape = context.inputs[0]?.shape;
    if (shape === undefined || shape.length === 0) return;
    yield* overOtherAxes(context, shape);
    yield* repeated(context);
    yield* overflowing(context);
    yield* withoutTerms(context, shape);
    yield* otherSums(context);
  },
};

const isLog = ({ node }: ForwardContext): boolean => node.op === 'LogSoftmax';
const source = ({ node }: ForwardContext): string => node.inputs[0] as string;
const spoken = (axes: readonly number[]): string => `${axes.length === 1 ? 'axis' : 'axes'} ${axes.join(', ')}`;

function* overOtherAxes(context: ForwardContext, shape: Shape): Iterable<ForwardHypothesis> {
  const right = softmaxAxes(context);
  for (const axes of axisSets(shape.length)) {
    if (axes.join() === right.join()) continue;
    const p = patch(context);
    yield {
      cause: 'softmax.axis',
      claim: `sums over ${spoken(axes)}, not over ${spoken(right)}`,
      fix: `Take maximum and sum over ${spoken(right)}.`,
      specificity: 3,
      edit: p.edit(writeSoftmax(p, source(context), axes, isLog(context))),
    };
  }
}

function* repeated(context: ForwardContext): Iterable<ForwardHypothesis> {
  const p = patch(context);
  const once = writeSoftmax(p, source(context), softmaxAxes(context), false);
  yield {
    cause: 'softmax.repeated',
    claim: `the softmax is applied twice${isLog(context) ? ' (a log softmax of a softmax)' : ''}`,
    fix: 'Apply the softmax once.',
    specificity: 3,
    edit: p.edit(writeSoftmax(p, once, softmaxAxes(context), isLog(context))),
  };
}

/** float32 overflows where the maximum is not subtracted: from about 88 on. A logarithm of a softmax underflows. */
function* overflowing(context: ForwardContext): Iterable<ForwardHypothesis> {
  const axes = softmaxAxes(context);
  const told = { fix: 'Subtract the largest of each row before exp.', specificity: 3 as const };
  const largest = context.inputs[0]?.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) ?? 0;
  const p = patch(context);
  const powers = p.emit('Exp', [source(context)]);
  const sum = p.reduce('ReduceSum', powers, axes);
  const plain = isLog(context) ? p.emit('Sub', [source(context), p.emit('Log', [sum])]) : p.emit('Div', [powers, sum]);
  yield {
    ...told,
    cause: 'softmax.no-max-subtraction',
    claim: `exp overflows: logits reach ${largest.toPrecision(3)}, and the largest is not subtracted`,
    edit: p.edit(plain),
  };
  if (!isLog(context)) return;
  const q = patch(context);
  yield {
    cause: 'value.nan',
    claim: 'the logarithm is taken of the softmax, which underflows to 0 in float32 for unlikely classes',
    fix: 'Compute x − max − log Σ exp(x − max), not log(softmax(x)).',
    specificity: 3,
    edit: q.edit(q.emit('Log', [writeSoftmax(q, source(context), axes, false)])),
  };
}

/** Terms that the sum leaves out: the last few (what does not fill a vector), or the first. */
function* withoutTerms(context: ForwardContext, shape: Shape): Iterable<ForwardHypothesis> {
  const [axis] = softmaxAxes(context);
  if (axis === undefined || softmaxAxes(context).length > 1) return;
  const size = shape[axis] as number;
  const tails = [1, 2, 3, size % 4, size % 8, size % 16, size % 32].filter((tail) => tail > 0 && tail < size);
  const left = [...new Set(tails)].map((tail) => ({ from: 0, to: size - tail, which: `the last ${tail} of ${size}` }));
  for (const { from, to, which } of [...left, { from: 1, to: size, which: `the first of ${size}` }]) {
    if (to <= from) continue;
    const p = patch(context);
    const x = source(context);
    const centred = p.emit('Sub', [x, p.reduce('ReduceMax', x, [axis])]);
    const powers = p.emit('Exp', [centred]);
    const kept = Array.from({ length: to - from }, (_, i) => from + i);
    const sum = p.reduce('ReduceSum', p.take(powers, kept, axis), [axis]);
    yield {
      cause: 'softmax.denominator',
      claim: `the sum below the fraction leaves out ${which} terms`,
      fix: `Sum all ${size} terms of axis ${axis}.`,
      specificity: 3,
      edit: p.edit(isLog(context) ? p.emit('Sub', [centred, p.emit('Log', [sum])]) : p.emit('Div', [powers, sum])),
    };
  }
}

/** Nothing below the fraction, or something that does not belong there. */
function* otherSums(context: ForwardContext): Iterable<ForwardHypothesis> {
  const axes = softmaxAxes(context);
  const told = { cause: 'softmax.denominator', specificity: 3 as const };
  const fix = `Divide exp(x − max) by its sum over ${spoken(axes)}.`;
  for (const guarded of [true, false]) {
    const powersOf = (p: Patch): string => {
      const x = source(context);
      return p.emit('Exp', [guarded ? p.emit('Sub', [x, p.reduce('ReduceMax', x, axes)]) : x]);
    };
    const over = (p: Patch, powers: string, sum: string): string =>
      isLog(context) ? p.emit('Log', [p.emit('Div', [powers, sum])]) : p.emit('Div', [powers, sum]);
    const p = patch(context);
    const bare = powersOf(p);
    yield {
      ...told,
      claim: `exp(x${guarded ? ' − max' : ''}) is not divided by its sum`,
      fix,
      edit: p.edit(isLog(context) ? p.emit('Log', [bare]) : bare),
    };
    const q = patch(context);
    const powers = powersOf(q);
    const more = q.emit('Add', [q.reduce('ReduceSum', powers, axes), q.scalar(1)]);
    yield {
      ...told,
      claim: `1 is added to the sum of exp(x${guarded ? ' − max' : ''})`,
      fix,
      edit: q.edit(over(q, powers, more)),
    };
    const r = patch(context);
    const mean = powersOf(r);
    yield {
      ...told,
      claim: `exp(x${guarded ? ' − max' : ''}) is divided by its mean, not by its sum`,
      fix,
      edit: r.edit(over(r, mean, r.reduce('ReduceMean', mean, axes))),
    };
  }
}
