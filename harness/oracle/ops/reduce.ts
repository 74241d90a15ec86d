import type { Operator, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given, like, rounding } from './_context.ts';
import type { Round } from './_elementwise.ts';
import { type Groups, groupsOf, overElements, overGroups } from './_reduction.ts';

/** A sum of terms and what is made of it. */
interface Reduction {
  readonly op: string;
  /** Opset from which the axes are an input. */
  readonly since?: number;
  readonly term: (x: number, r: Round) => number;
  readonly finish: (sum: number, count: number, r: Round) => number;
  /** d result / d x, given the result y and the number of elements. */
  readonly slope: (x: number, y: number, count: number, r: Round) => number;
  /** By how much the slope jumps at x = 0. */
  readonly jump?: number;
}

const sum = (total: number): number => total;
const itself = (x: number): number => x;

/** ReduceSum, ReduceMean, ReduceSumSquare, ReduceL1, ReduceL2, ReduceLogSum. */
export const reductions: readonly Operator[] = (
  [
    { op: 'ReduceSum', since: 13, term: itself, finish: sum, slope: () => 1 },
    { op: 'ReduceMean', term: itself, finish: (s, n) => s / n, slope: (_x, _y, n) => 1 / n },
    { op: 'ReduceSumSquare', term: (x, r) => r(x * x), finish: sum, slope: (x) => 2 * x },
    { op: 'ReduceL1', term: Math.abs, finish: sum, slope: (x) => Math.sign(x), jump: 2 },
    {
      op: 'ReduceL2',
      term: (x, r) => r(x * x),
      finish: (s) => Math.sqrt(s),
      slope: (x, y) => (y === 0 ? 0 : x / y),
    },
    { op: 'ReduceLogSum', term: itself, finish: (s) => Math.log(s), slope: (_x, y, _n, r) => 1 / r(Math.exp(y)) },
  ] satisfies Reduction[]
).map(reduction);

function reduction(spec: Reduction): Operator {
  return {
    op: spec.op,
    forward: (context, inputs) => {
      const x = given(context, inputs, 0);
      const groups = groupsOf(context, inputs, spec.since);
      const r = rounding(context, x.dtype);
      const { inner } = groups;
      const data = overGroups(groups, (start) => {
        let total = 0;
        for (let i = 0; i < inner.length; i++) total = r(total + spec.term(x.data[start + inner[i]!]!, r));
        return r(spec.finish(total, inner.length, r));
      });
      return [like(x, data, groups.shape)];
    },
    vjp: (context) => [sloped(context, spec, groupsOf(context, context.inputs, spec.since))],
  };
}

function sloped(context: VjpContext, spec: Reduction, groups: Groups) {
  const dy = context.cotangents[0]?.data;
  const x = given(context, context.inputs, 0);
  if (!dy || !context.needs[0]) return undefined;
  const y = given(context, context.outputs, 0).data;
  const r = context.arithmetic.round;
  const n = groups.inner.length;
  const dx = overElements(x.shape, groups, (at, g) => r(dy[g]! * r(spec.slope(x.data[at]!, y[g]!, n, r))));
  const { jump } = spec;
  const noise = context.noise[0] ?? 0;
  if (jump === undefined || !x.data.some((e) => Math.abs(e) <= noise)) return cotangentOf(x, dx);
  const slack = overElements(x.shape, groups, (at, g) =>
    Math.abs(x.data[at]!) <= noise ? Math.abs(dy[g]!) * jump : 0,
  );
  return cotangentOf(x, dx, slack);
}
