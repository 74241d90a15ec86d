import { intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int, text } from '../rule.ts';
import { cast } from './_cast.ts';
import { adjointOfMove, zeros } from './_index.ts';
import type { GraphMath } from './_math.ts';
import { mathOf } from './_math.ts';

/** Scattering with every reduction. Inputs are data, indices, updates. */
export const scatters: readonly GradientRule[] = ['ScatterElements', 'ScatterND', 'Scatter'].map((op) => ({
  op,
  gradient(context) {
    const reduction = stringAttribute(context.attributes, 'reduction', 'none');
    const [data, updates] = GRADIENTS[reduction as Reduction](scatteringOf(context));
    return [context.needs(0) ? data() : undefined, undefined, context.needs(2) ? updates() : undefined];
  },
}));

type Reduction = 'none' | 'add' | 'mul' | 'min' | 'max';

/** One scatter node: how it writes with a given reduction, and how the same places are read. */
interface Scattering {
  readonly context: GradientContext;
  readonly math: GraphMath;
  readonly data: string;
  readonly updates: string;
  readonly y: string;
  readonly dy: string;
  readonly scatter: (data: string, updates: string, reduction: Reduction) => string;
  readonly gather: (from: string) => string;
}

/** Emitters of d data and d updates. */
type Gradients = readonly [() => string, () => string];

const GRADIENTS: Readonly<Record<Reduction, (scattering: Scattering) => Gradients>> = {
  add: ({ dy, gather }) => [() => dy, () => gather(dy)],
  none: replaced,
  mul: multiplied,
  min: chosen,
  max: chosen,
};

function scatteringOf(context: GradientContext): Scattering {
  const [data, indices, updates] = context.inputs as [string, string, string];
  const points = context.node.op === 'ScatterND';
  const axis: Attributes = points ? {} : { axis: int(intAttribute(context.attributes, 'axis', 0)) };
  return {
    context,
    math: mathOf(context, context.dtype(data)),
    data,
    updates,
    y: context.outputs[0] as string,
    dy: context.cotangents[0] as string,
    scatter: (to, values, reduction) =>
      context.emit(points ? 'ScatterND' : 'ScatterElements', [to, indices, values], {
        ...axis,
        reduction: text(reduction),
      }),
    gather: (from) => context.emit(points ? 'GatherND' : 'GatherElements', [from, indices], axis),
  };
}

/** Overwritten data gets nothing. Where several updates meet, the index trick finds the one that the kernel kept. */
function replaced({ context, data, updates, dy, scatter }: Scattering): Gradients {
  const dtype = context.dtype(data);
  return [
    () => scatter(dy, zeros(context, context.shape(updates), dtype), 'none'),
    () =>
      adjointOfMove(context, dy, context.shape(updates), dtype, (positions) =>
        scatter(zeros(context, context.shape(data), 'int64'), positions, 'none'),
      ),
  ];
}

/** The product of all other factors: zeros are counted apart, as nothing can be divided by them. */
function multiplied({ context, math, data, updates, dy, scatter, gather }: Scattering): Gradients {
  const { equal, where, mul, div } = math;
  const dtype = context.dtype(data);
  const ones = (): string => context.emit('Expand', [context.scalar(1, dtype), context.ints(context.shape(data))]);
  return [
    () => mul(dy, scatter(ones(), updates, 'mul')),
    () => {
      const isZero = equal(updates, 0);
      const others = where(isZero, 1, updates);
      const product = gather(scatter(data, others, 'mul'));
      const nought = zeros(context, context.shape(data), dtype);
      const zerosThere = gather(scatter(nought, cast(context, isZero, dtype), 'add'));
      const alone = where(equal(zerosThere, 1), product, 0);
      const without = where(equal(zerosThere, 0), div(product, others), 0);
      return mul(gather(dy), where(isZero, alone, without));
    },
  ];
}

/** What became the extremum shares the gradient equally, data and updates alike, as in PyTorch. */
function chosen({ context, math, data, updates, y, dy, scatter, gather }: Scattering): Gradients {
  const dtype = context.dtype(data);
  const kept = cast(context, math.equal(data, y), dtype);
  const hit = cast(context, math.equal(updates, gather(y)), dtype);
  const share = math.div(dy, scatter(kept, hit, 'add'));
  return [() => math.mul(kept, share), () => math.mul(hit, gather(share))];
}
