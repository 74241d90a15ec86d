import { stringAttribute } from '../../attributes.ts';
import type { Cotangent, Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { elementOffsets, tupleOffsets } from './gather.ts';

type Targets = (context: OperatorContext, x: Value, indices: Value) => Int32Array;

/** ScatterElements (and Scatter, its old name): updates go where indices point along the axis. ScatterND: whole slices go where tuples point. */
export const scatters: readonly Operator[] = [
  scatter('Scatter', elementOffsets),
  scatter('ScatterElements', elementOffsets),
  scatter('ScatterND', (context, x, indices) => {
    const { offsets, slice } = tupleOffsets(context, x, indices, 0);
    const targets = new Int32Array(offsets.length * slice);
    for (let i = 0; i < targets.length; i++) targets[i] = offsets[Math.floor(i / slice)]! + (i % slice);
    return targets;
  }),
];

const REDUCTIONS: Readonly<Record<string, (old: number, update: number, r: (x: number) => number) => number>> = {
  none: (_old, update) => update,
  add: (old, update, r) => r(old + update),
  mul: (old, update, r) => r(old * update),
  max: (old, update) => Math.max(old, update),
  min: (old, update) => Math.min(old, update),
};

function scatter(op: string, targetsOf: Targets): Operator {
  return {
    op,
    forward: (context, inputs) => {
      const [x, indices, updates] = [0, 1, 2].map((i) => given(context, inputs, i)) as [Value, Value, Value];
      const reduce = REDUCTIONS[stringAttribute(context.attributes, 'reduction', 'none')]!;
      const data = x.data.slice();
      for (const [k, at] of targetsOf(context, x, indices).entries()) {
        data[at] = reduce(data[at]!, updates.data[k]!, context.arithmetic.round);
      }
      return [like(x, data)];
    },
    vjp: (context) => scattered(context, targetsOf),
  };
}

/** Of duplicates without reduction the last one stays, so only it has a cotangent. */
function scattered(context: VjpContext, targetsOf: Targets): (Cotangent | undefined)[] {
  const dy = context.cotangents[0]?.data;
  if (!dy) return [];
  const [x, indices, updates] = [0, 1, 2].map((i) => given(context, context.inputs, i)) as [Value, Value, Value];
  const targets = targetsOf(context, x, indices);
  const reduction = stringAttribute(context.attributes, 'reduction', 'none');
  if (reduction === 'add') return [cotangentOf(x, dy), undefined, cotangentOf(updates, gathered(dy, targets))];
  if (reduction === 'mul') return products(context, x, updates, targets, dy);
  if (reduction !== 'none') return extremes(context, x, updates, targets, dy);
  const dx = dy.slice();
  const last = new Map<number, number>();
  for (const [k, at] of targets.entries()) {
    dx[at] = 0;
    last.set(at, k);
  }
  const du = Float64Array.from(targets, (at, k) => (last.get(at) === k ? dy[at]! : 0));
  return [cotangentOf(x, dx), undefined, cotangentOf(updates, du)];
}

/** What stands at the targets: the cotangents of the updates. */
export function gathered(dy: Float64Array, targets: Int32Array): Float64Array {
  return Float64Array.from(targets, (at) => dy[at]!);
}

/** The derivative of a product by one factor is the product of all others. */
function products(context: VjpContext, x: Value, updates: Value, targets: Int32Array, dy: Float64Array) {
  const r = context.arithmetic.round;
  const factors = factorsOf(x, targets);
  const dx = dy.map((d, at) => (factors[at] ?? []).reduce((p, k) => r(p * updates.data[k]!), d));
  const du = Float64Array.from(targets, (at, k) =>
    factors[at]!.reduce((p, other) => (other === k ? p : r(p * updates.data[other]!)), r(dy[at]! * x.data[at]!)),
  );
  return [cotangentOf(x, dx), undefined, cotangentOf(updates, du)];
}

/** Those that equal the extremum share the cotangent. */
function extremes(context: VjpContext, x: Value, updates: Value, targets: Int32Array, dy: Float64Array) {
  const best = given(context, context.outputs, 0).data;
  const factors = factorsOf(x, targets);
  const noise = (context.noise[0] ?? 0) + (context.noise[2] ?? 0);
  const near = (value: number, at: number) => Math.abs(value - best[at]!) <= noise;
  const count = (at: number, test: (value: number) => boolean) =>
    Number(test(x.data[at]!)) + (factors[at] ?? []).filter((k) => test(updates.data[k]!)).length;
  const share = (value: number, at: number) =>
    value === best[at] ? context.arithmetic.round(dy[at]! / count(at, (other) => other === best[at])) : 0;
  const slack = (value: number, at: number) =>
    near(value, at) && count(at, (other) => near(other, at)) > 1 ? Math.abs(dy[at]!) : 0;
  return [
    cotangentOf(x, x.data.map(share), x.data.map(slack)),
    undefined,
    cotangentOf(
      updates,
      Float64Array.from(targets, (at, k) => share(updates.data[k]!, at)),
      Float64Array.from(targets, (at, k) => slack(updates.data[k]!, at)),
    ),
  ];
}

function factorsOf(x: Value, targets: Int32Array): (number[] | undefined)[] {
  const factors = Array.from<number[] | undefined>({ length: x.data.length });
  for (const [k, at] of targets.entries()) (factors[at] ??= []).push(k);
  return factors;
}
