import { intAttribute } from '../attributes.ts';
import { around } from '../oracle/ops/_context.ts';
import { axisOf, sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardHypothesis, Rule } from '../types/rule.ts';
import { reachesSoftmax } from './_attention.ts';
import { sent } from './_back.ts';

/** Up to so many parts every order is tried. */
const MOST_ORDERS = 5;

/** Concat on the way back: a part gets a slice of the gradient that belongs to another. */
export const concatGradient: Rule = {
  id: 'gradient-concat',
  ops: ['Concat'],
  *backward({ node, inputs, slot, cotangents, attributes }): Iterable<BackwardHypothesis> {
    const [dy, own] = [cotangents[0], inputs[slot]];
    if (dy === undefined || own === undefined) return;
    const axis = axisOf(intAttribute(attributes, 'axis', 1), dy.shape.length);
    const sizes = inputs.map((input) => input?.shape[axis] ?? 0);
    const right = sizes.slice(0, slot).reduce((a, b) => a + b, 0);
    const size = sizes[slot] as number;
    for (const offset of offsetsOf(sizes, slot)) {
      if (offset === right) continue;
      const from = sizes.findIndex(
        (s, i) => i !== slot && s === size && sizes.slice(0, i).reduce((a, b) => a + b, 0) === offset,
      );
      yield sent(
        'gradient.fan-out',
        `${node.inputs[slot]} gets the slice of the gradient from ${offset} on along axis ${axis}, not from ${right} on${from < 0 ? '' : `: that of ${node.inputs[from]}`}`,
        'Hand the parts of the gradient back in the order, and at the offsets, at which they were joined.',
        slice(dy, axis, offset, size),
      );
    }
    const flat = own.data.length;
    const start = inputs.slice(0, slot).reduce((n, input) => n + (input?.data.length ?? 0), 0);
    yield sent(
      'gradient.fan-out',
      `${node.inputs[slot]} gets a run of the gradient's memory, as if the parts had been joined along the first axis and not along axis ${axis}`,
      'Cut the gradient along the axis of the concatenation.',
      dy.data.slice(start, start + flat),
    );
  },
};

/** Split on the way back: the gradients of the parts are joined in another order. */
export const splitGradient: Rule = {
  id: 'gradient-split',
  ops: ['Split'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { inputs, slot, attributes, outputs, cotangents, node } = context;
    const x = inputs[0];
    if (slot !== 0 || x === undefined || outputs.length > MOST_ORDERS) return;
    const axis = axisOf(intAttribute(attributes, 'axis', 0), x.shape.length);
    const parts = outputs.map((output, i) => cotangents[i] ?? nothing(output));
    if (parts.some((part) => part === undefined)) return;
    for (const order of ordersOf(parts.length)) {
      if (order.every((from, to) => from === to)) continue;
      const joined = context.run(
        'Concat',
        order.map((from) => parts[from]),
        { axis: { kind: 'int', value: axis } },
      );
      const part = joined?.[0]?.data;
      if (part === undefined) continue;
      yield sent(
        'gradient.fan-out',
        `the gradients of the parts of ${node.name} are joined in the order ${order.join(', ')}`,
        'Join the gradients of the parts in the order in which they were cut.',
        part,
      );
    }
  },
};

const nothing = (output: Value | undefined): Value | undefined =>
  output === undefined ? undefined : { ...output, data: new Float64Array(output.data.length) };

/** Where a part may start when the parts before it are others than they should be. */
function offsetsOf(sizes: readonly number[], slot: number): readonly number[] {
  const total = sizes.reduce((a, b) => a + b, 0);
  let sums = new Set([0]);
  sizes.forEach((size, i) => {
    if (i !== slot) sums = new Set([...sums, ...[...sums].map((sum) => sum + size)]);
  });
  return [...sums].filter((offset) => offset + (sizes[slot] as number) <= total).slice(0, 64);
}

function slice(value: Value, axis: number, offset: number, size: number): Float64Array {
  const { outer, length, inner } = around(value.shape, axis);
  const out = new Float64Array(outer * size * inner);
  for (let o = 0; o < outer; o++) {
    const from = (o * length + offset) * inner;
    out.set(value.data.subarray(from, from + size * inner), o * size * inner);
  }
  return out;
}

function ordersOf(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return ordersOf(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, at) => [...order.slice(0, at), count - 1, ...order.slice(at)]),
  );
}

/** A scalar factor (attention's 1/√d, a temperature) that is applied forward and forgotten on the way back. */
export const scalarGradient: Rule = {
  id: 'gradient-scalar',
  ops: ['Mul', 'Div'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, inputs, slot, cotangents } = context;
    const [other, dy] = [inputs[1 - slot], cotangents[0]];
    if (other === undefined || dy === undefined || sizeOf(other.shape) !== 1 || (node.op === 'Div' && slot === 1))
      return;
    const attention = reachesSoftmax(context.wiring, node.outputs[0] as string);
    const factor = other.data[0] as number;
    yield sent(
      attention ? 'attention.scale' : 'scale.constant',
      `the gradient passes ${node.name} unscaled: it should be ${node.op === 'Div' ? 'divided' : 'multiplied'} by ${factor.toPrecision(6)}, as the value is`,
      'Apply the scale in the backward pass too.',
      dy.data,
    );
  },
};
