import type { GradientContext, GradientRule } from '../rule.ts';
import { cast } from './_cast.ts';
import type { GraphMath } from './_math.ts';
import { mathOf } from './_math.ts';
import type { Reduction } from './_reduce.ts';
import { reductionOf } from './_reduce.ts';

type Derivative = (reduction: Reduction, math: GraphMath, context: GradientContext) => string;

/** Sums, means, norms, extrema and products over axes. */
export const reductions: readonly GradientRule[] = [
  reduction('ReduceSum', ({ dy, shape }, _, context) => context.emit('Expand', [dy, context.ints(shape)])),
  reduction('ReduceMean', ({ dy, shape, count }, { div }, context) =>
    context.emit('Expand', [div(dy, count), context.ints(shape)]),
  ),
  reduction('ReduceL1', ({ x, dy }, { mul, sign }) => mul(dy, sign(x))),
  // x / |x|, and 0 for the zero vector, where the norm has a kink
  reduction('ReduceL2', ({ x, y, dy }, { mul, div, equal, where }) => {
    const norm = y();
    return mul(x, where(equal(norm, 0), 0, div(dy, norm)));
  }),
  reduction('ReduceSumSquare', ({ x, dy }, { mul }) => mul(dy, mul(2, x))),
  reduction('ReduceLogSum', ({ x, dy, shape, over }, { div }, context) =>
    context.emit('Expand', [div(dy, over('ReduceSum', x)), context.ints(shape)]),
  ),
  reduction('ReduceLogSumExp', ({ x, y, dy }, { mul, exp, sub }) => mul(dy, exp(sub(x, y())))),
  reduction('ReduceProd', ofProduct),
  reduction('ReduceMax', ofExtremum),
  reduction('ReduceMin', ofExtremum),
];

function reduction(op: string, derivative: Derivative): GradientRule {
  return {
    op,
    gradient: (context) => [
      derivative(reductionOf(context), mathOf(context, context.dtype(context.inputs[0] as string)), context),
    ],
  };
}

/** Tied elements share the gradient equally. */
function ofExtremum({ x, y, dy, over }: Reduction, { equal, mul, div }: GraphMath, context: GradientContext): string {
  const hits = cast(context, equal(x, y()), context.dtype(x));
  return mul(hits, div(dy, over('ReduceSum', hits)));
}

/** The product of all others: with one zero among them only that zero has it, with two nobody. */
function ofProduct(
  { x, dy, over }: Reduction,
  { equal, where, mul, div }: GraphMath,
  context: GradientContext,
): string {
  const isZero = equal(x, 0);
  const others = where(isZero, 1, x);
  const product = over('ReduceProd', others);
  const zeros = over('ReduceSum', cast(context, isZero, context.dtype(x)));
  const alone = where(equal(zeros, 1), product, 0);
  const without = where(equal(zeros, 0), div(product, others), 0);
  return mul(dy, where(isZero, alone, without));
}
