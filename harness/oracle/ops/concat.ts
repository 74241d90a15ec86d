import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { stringsOf } from '../value.ts';
import { around, axisIn, cotangentOf, given, like } from './_context.ts';

/** Joins its inputs along `axis`. */
export const concat: Operator = {
  op: 'Concat',
  forward: (context, inputs) => {
    const values = inputs.map((_, i) => given(context, inputs, i));
    const { shape, places } = layout(context, values);
    if (values[0]!.strings) {
      const strings = Array.from({ length: sizeOf(shape) }, () => '');
      each(places, (k, from, to) => (strings[to] = values[k]!.strings![from]!));
      return [stringsOf(shape, strings)];
    }
    const data = new Float64Array(sizeOf(shape));
    for (const { outer, run, whole, start, k } of places) {
      const { data: source } = values[k]!;
      for (let o = 0; o < outer; o++) data.set(source.subarray(o * run, (o + 1) * run), o * whole + start);
    }
    return [like(values[0]!, data, shape)];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    if (!dy) return [];
    const values = context.inputs.map((_, i) => given(context, context.inputs, i));
    return layout(context, values).places.map(({ outer, run, whole, start, k }) => {
      const dx = new Float64Array(values[k]!.data.length);
      for (let o = 0; o < outer; o++) dx.set(dy.subarray(o * whole + start, o * whole + start + run), o * run);
      return context.needs[k] ? cotangentOf(values[k]!, dx) : undefined;
    });
  },
};

/** Input k is, `outer` times, a run of elements that lies at `start` in a row of `whole` elements of the output. */
interface Place {
  readonly k: number;
  readonly outer: number;
  readonly run: number;
  readonly whole: number;
  readonly start: number;
}

function layout(context: OperatorContext, values: readonly Value[]): { shape: number[]; places: Place[] } {
  const first = values[0]!.shape;
  const axis = axisIn(context, intAttribute(context.attributes, 'axis', 1), first.length);
  const shape = [...first];
  shape[axis] = values.reduce((sum, v) => sum + v.shape[axis]!, 0);
  const { outer, inner } = around(first, axis);
  let start = 0;
  const places = values.map((value, k) => {
    const run = value.shape[axis]! * inner;
    const place = { k, outer, run, whole: shape[axis]! * inner, start };
    start += run;
    return place;
  });
  return { shape, places };
}

function each(places: readonly Place[], move: (k: number, from: number, to: number) => void): void {
  for (const { k, outer, run, whole, start } of places) {
    for (let i = 0; i < outer * run; i++) move(k, i, Math.floor(i / run) * whole + start + (i % run));
  }
}
