import { intAttribute } from '../attributes.ts';
import { sizeOf, stridesOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, draftOf } from './_draft.ts';

/** Widths that vector code is written for: the remainder of the sum is what is lost. */
const WIDTHS = [2, 3, 4, 8, 16, 32, 64, 128];

/** Any other number of last terms is tried up to this. */
const MOST_LOST = 8;

/** A sum of products that stops short: its last terms, or the remainder of a vector's width, are left out. */
export const linearTail: Rule = {
  id: 'linear-tail',
  ops: ['Gemm', 'MatMul', 'FusedMatMul', 'Conv'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const sum = innerSum(context);
    if (sum === null) return;
    const { slot, value, axes } = sum;
    const inner = sizeOf(axes.map((axis) => value.shape[axis] as number));
    const dropped = new Map<number, string>([[1, 'it stops one term short']]);
    for (const width of WIDTHS) {
      const rest = inner % width;
      if (rest > 0 && !dropped.has(rest)) dropped.set(rest, `what is left after the last multiple of ${width}`);
    }
    for (let count = 2; count <= MOST_LOST; count++) {
      if (!dropped.has(count)) dropped.set(count, `it stops ${count} terms short`);
    }
    for (const [count, why] of dropped) {
      if (count >= inner) continue;
      yield {
        cause: 'linear.tail-dropped',
        claim: `the last ${count === 1 ? 'term' : `${count} terms`} of each sum of ${inner} products ${count === 1 ? 'is' : 'are'} left out: ${why}`,
        fix: `Sum over all ${inner} terms: handle the remainder of the loop.`,
        specificity: 3,
        edit: masked(context, slot, value, axes, inner - count),
      };
    }
  },
};

/** One operand of the product, and its axes (in order) that are summed over. */
function innerSum({ node, attributes, inputs }: ForwardContext): { slot: number; value: Value; axes: number[] } | null {
  const [a, b] = inputs;
  if (a === undefined || b === undefined) return null;
  if (node.op === 'Conv') return { slot: 1, value: b, axes: b.shape.map((_, axis) => axis).slice(1) };
  const flipped = intAttribute(attributes, 'transA', 0) !== 0;
  const axis = a.shape.length - (flipped ? 2 : 1);
  return axis < 0 ? null : { slot: 0, value: a, axes: [axis] };
}

/** The operand with zeros where the place within `axes`, counted in row-major order, is `kept` or more. */
function masked(context: ForwardContext, slot: number, value: Value, axes: readonly number[], kept: number): Edit {
  const { shape, dtype } = value;
  const laid = shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  const last = axes.at(-1) as number;
  const unit = stridesOf(laid)[last] as number;
  const mask = Float64Array.from({ length: sizeOf(laid) }, (_, i) => (Math.floor(i / unit) < kept ? 1 : 0));
  const draft = draftOf(context);
  const input = context.node.inputs[slot] as string;
  const zeroed = draft.node('Mul', [input, draft.constant(dtype, laid, mask)]);
  return draft.done(again(draft, context.node, { [slot]: zeroed }));
}
