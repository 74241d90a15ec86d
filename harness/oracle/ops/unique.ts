import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { intVector } from '../value.ts';
import { axisIn, cotangentOf, given } from './_context.ts';
import { taken } from './_indexed.ts';
import { groupsAlong } from './_reduction.ts';

/** The distinct elements, or slices along `axis`: sorted, or in order of appearance; with first index, inverse, and counts. */
export const unique: Operator = {
  op: 'Unique',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const { kept, inverse, offsets, shape } = distinct(context, x);
    return [
      taken(x, { shape, offsets }),
      intVector(kept.map(({ first }) => first)),
      intVector(inverse),
      intVector(kept.map(({ count }) => count)),
    ];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const x = given(context, context.inputs, 0);
    if (!dy || !context.needs[0]) return [];
    const { offsets } = distinct(context, x);
    const dx = new Float64Array(x.data.length);
    for (let i = 0; i < offsets.length; i++) dx[offsets[i]!] = dy[i]!;
    return [cotangentOf(x, dx)];
  },
};

interface Slice {
  readonly first: number;
  readonly elements: readonly number[];
  count: number;
}

function distinct(context: OperatorContext, x: Value) {
  const said = context.attributes.axis;
  const axis = said?.kind === 'int' ? axisIn(context, said.value, x.shape.length) : null;
  const whole = axis === null ? [x.data.length] : x.shape;
  const others = [...whole.keys()].filter((d) => d !== (axis ?? 0));
  // Group g is slice g along the axis.
  const { outer, inner } = groupsAlong(whole, new Set(others), true);
  const found = new Map<string, Slice>();
  const keys = Array.from(outer, (start, i) => {
    const elements = Array.from(inner, (step) => x.data[start + step]!);
    const key = elements.join();
    const known = found.get(key);
    if (known) known.count++;
    else found.set(key, { first: i, elements, count: 1 });
    return key;
  });
  const sorted = intAttribute(context.attributes, 'sorted', 1) !== 0;
  const order = sorted ? [...found].toSorted(([, a], [, b]) => compare(a.elements, b.elements)) : [...found];
  const rank = new Map(order.map(([key], i) => [key, i]));
  const kept = order.map(([, slice]) => slice);
  const shape = whole.with(axis ?? 0, kept.length);
  const into = groupsAlong(shape, new Set(others), true);
  const offsets = new Int32Array(kept.length * inner.length);
  for (const [k, { first }] of kept.entries()) {
    for (let i = 0; i < inner.length; i++) offsets[into.outer[k]! + into.inner[i]!] = outer[first]! + inner[i]!;
  }
  return { kept, inverse: keys.map((key) => rank.get(key)!), offsets, shape };
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((x, k) => x !== b[k]);
  return i < 0 ? 0 : a[i]! - b[i]!;
}
