import { intAttribute, intsAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { numbersOf } from '../value.ts';
import { around, axisIn, cotangentOf, given } from './_context.ts';
import { taken } from './_indexed.ts';

/** Cuts its input along `axis`: into the given lengths (attribute before opset 13, then input), else into equal parts, the last one shorter. */
export const split: Operator = {
  op: 'Split',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    return parts(context, inputs).map((part) => taken(x, part));
  },
  vjp: (context) => {
    const x = given(context, context.inputs, 0);
    const dx = new Float64Array(x.data.length);
    for (const [k, { offsets }] of parts(context, context.inputs).entries()) {
      const dy = context.cotangents[k]?.data;
      if (dy) for (let i = 0; i < offsets.length; i++) dx[offsets[i]!] = dy[i]!;
    }
    return [cotangentOf(x, dx)];
  },
};

function parts(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const { shape } = given(context, inputs, 0);
  const axis = axisIn(context, intAttribute(context.attributes, 'axis', 0), shape.length);
  const { length, inner } = around(shape, axis);
  let start = 0;
  return lengthsOf(context, inputs, length).map((n) => {
    const part = shape.with(axis, n);
    const run = n * inner;
    const offsets = new Int32Array(sizeOf(part));
    for (let i = 0; i < offsets.length; i++) {
      offsets[i] = Math.floor(i / run) * length * inner + start * inner + (i % run);
    }
    start += n;
    return { shape: part, offsets };
  });
}

function lengthsOf(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  length: number,
): readonly number[] {
  const said = inputs[1] ? numbersOf(inputs[1]) : intsAttribute(context.attributes, 'split', undefined);
  if (said) return said;
  const count = intAttribute(context.attributes, 'num_outputs', context.node.outputs.length);
  const each = Math.ceil(length / count);
  return Array.from({ length: count }, (_, k) => Math.max(0, Math.min(each, length - k * each)));
}
