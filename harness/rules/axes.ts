import { intsAttribute } from '../attributes.ts';
import { sameShape } from '../shape.ts';
import type { Edit, ForwardContext, ForwardHypothesis, FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { draftOf, inverse, otherOrders, range, reshape, transpose, transposed } from './_draft.ts';
import { readersOf } from './_graph.ts';

/** 5! orders are looked at; tensors of more axes than that hardly mean a mix-up of all of them. */
const MOST_AXES = 5;

/** Axes in another order than they should be: a transposition that is left out or another, a reshape that takes them in another order. */
export const axes: Rule = {
  id: 'axes',
  ops: ['Transpose', 'Reshape', 'Flatten'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const [x] = context.inputs;
    const [y] = context.outputs;
    if (x === undefined || y === undefined) return;
    if (context.node.op === 'Transpose') yield* transpositions(context, x.shape, y.shape);
    else yield* reshapings(context, x.shape, y.shape);
  },
  *form({ subject, truth, direction }: RuleContext): Iterable<FormHypothesis> {
    const { shape } = truth;
    if (shape.length < 2 || shape.length > MOST_AXES || !sameSums(subject.data, truth.data)) return;
    for (const order of otherOrders(shape.length)) {
      const sizes = order.map((axis) => shape[axis] as number);
      const readings = [transposed(truth, order), transposed({ data: truth.data, shape: sizes }, inverse(order))];
      for (const predicted of sameShape(sizes, shape) ? readings.slice(0, 1) : readings) {
        yield {
          cause: 'axes.permuted',
          claim: `the numbers are right, but lie as if the axes were in the order ${order.join(', ')}`,
          fix: `Write the ${direction === 'forward' ? 'values' : 'gradients'} as [${shape.join(', ')}], the last axis fastest.`,
          specificity: 1,
          predicted,
        };
      }
    }
  },
};

/** A cheap look: what is only permuted has the same sum. */
function sameSums(a: Float64Array, b: Float64Array): boolean {
  let [sum, other, size] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    sum += a[i] as number;
    other += b[i] as number;
    size += Math.abs(b[i] as number);
  }
  return Math.abs(sum - other) <= 1e-4 * size;
}

function* transpositions(
  context: ForwardContext,
  from: readonly number[],
  to: readonly number[],
): Iterable<ForwardHypothesis> {
  const rank = from.length;
  const right = intsAttribute(context.attributes, 'perm', range(rank).reverse());
  const heads = isHeads(context, right);
  const cause = heads ? 'attention.heads-merged' : 'axes.permuted';
  const inPlace = heads
    ? 'the heads are split or merged without the transposition'
    : 'the numbers are reinterpreted in place where they should be transposed';
  const told = {
    specificity: 3 as const,
    fix: `Transpose with perm [${right.join(', ')}]: output axis i is input axis perm[i].`,
  };
  const reinterpreted = draftOf(context);
  yield {
    ...told,
    cause,
    claim: `${inPlace}: [${from.join(', ')}] is read as [${to.join(', ')}]`,
    edit: reinterpreted.done(reshape(reinterpreted, context.node.inputs[0] as string, to)),
  };
  if (rank > MOST_AXES) return;
  for (const perm of otherOrders(rank)) {
    if (perm.join() === right.join()) continue;
    yield {
      ...told,
      cause: 'axes.permuted',
      claim: `transposed with perm [${perm.join(', ')}], the model says [${right.join(', ')}]`,
      edit: reordered(context, perm, to),
    };
  }
}

/** [batch, steps, heads, size] and back, beside the reshape that splits or merges the heads. */
function isHeads(context: ForwardContext, perm: readonly number[]): boolean {
  const { node, wiring } = context;
  const before = wiring.producer.get(node.inputs[0] as string);
  const beside = [...(before === undefined ? [] : [before]), ...readersOf(context, node)];
  return perm.join() === '0,2,1,3' && beside.some(({ op }) => op === 'Reshape');
}

function reordered(context: ForwardContext, perm: readonly number[], to: readonly number[]): Edit {
  const draft = draftOf(context);
  return draft.done(reshape(draft, transpose(draft, context.node.inputs[0] as string, perm), to));
}

/** The order in which a Transpose of the same layer has put the axes, or null. */
function turnedBefore({ node, wiring, segment }: ForwardContext): readonly number[] | null {
  const before = wiring.producer.get(node.inputs[0] as string);
  if (before?.op !== 'Transpose' || !segment.includes(before)) return null;
  return intsAttribute(before.attributes, 'perm', undefined) ?? null;
}

/** Axes that are merged or split in another order. */
function* reshapings(
  context: ForwardContext,
  from: readonly number[],
  to: readonly number[],
): Iterable<ForwardHypothesis> {
  const flat = to.length < from.length;
  const what = flat ? 'flattened' : 'read';
  const cause = flat ? 'flatten.order' : 'axes.permuted';
  const told = { cause, specificity: 3 as const };
  const input = context.node.inputs[0] as string;
  if (from.length <= MOST_AXES && from.filter((size) => size > 1).length > 1) {
    const turned = turnedBefore(context);
    for (const order of otherOrders(from.length)) {
      // To flatten what was not transposed is a bug of the transposition.
      if (turned !== null && order.every((axis, i) => turned[axis] === i)) continue;
      yield {
        ...told,
        claim: `${what} with the axes in the order ${order.join(', ')}: [${order.map((axis) => from[axis]).join(', ')}] where the model has [${from.join(', ')}]`,
        fix: `${flat ? 'Flatten' : 'Read'} [${from.join(', ')}] as it is, the last axis fastest.`,
        edit: reordered(context, order, to),
      };
    }
  }
  if (to.length > MOST_AXES || to.length <= 2 || to.filter((size) => size > 1).length < 2) return;
  for (const order of otherOrders(to.length)) {
    const sizes = order.map((axis) => to[axis] as number);
    const draft = draftOf(context);
    yield {
      ...told,
      claim: `split as [${sizes.join(', ')}] with the axes in the order ${order.join(', ')}; the model says [${to.join(', ')}]`,
      fix: `Split as [${to.join(', ')}], the last axis fastest.`,
      edit: draft.done(transpose(draft, reshape(draft, input, sizes), inverse(order))),
    };
  }
}
