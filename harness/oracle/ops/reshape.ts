import { intAttribute, intsAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { numbersOf, reshaped } from '../value.ts';
import { axisIn, cotangentOf, given, misfit } from './_context.ts';

type NewShape = (context: OperatorContext, x: Value, inputs: readonly (Value | undefined)[]) => number[];

/** Reshape, Flatten, Squeeze, Unsqueeze: the same elements in the same order under another shape. */
export const reshapes: readonly Operator[] = [
  reshaping('Reshape', (context, x, inputs) => {
    const wanted = numbersOf(given(context, inputs, 1));
    const keepZero = intAttribute(context.attributes, 'allowzero', 0) !== 0;
    const shape = wanted.map((d, axis) => (d === 0 && !keepZero ? x.shape[axis]! : d));
    const rest = shape.indexOf(-1);
    if (rest >= 0) shape[rest] = sizeOf(x.shape) / sizeOf(shape.filter((_, axis) => axis !== rest));
    return shape;
  }),
  reshaping('Flatten', (context, x) => {
    const named = intAttribute(context.attributes, 'axis', 1);
    const axis = named < 0 ? named + x.shape.length : named;
    return [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))];
  }),
  reshaping('Squeeze', (context, x, inputs) => {
    const axes = axesOf(context, inputs)?.map((axis) => axisIn(context, axis, x.shape.length));
    return x.shape.filter((d, axis) => (axes ? !axes.includes(axis) : d !== 1));
  }),
  reshaping('Unsqueeze', (context, x, inputs) => {
    const axes = axesOf(context, inputs) ?? [];
    const rank = x.shape.length + axes.length;
    const inserted = new Set(axes.map((axis) => axisIn(context, axis, rank)));
    const old = [...x.shape];
    return Array.from({ length: rank }, (_, axis) => (inserted.has(axis) ? 1 : old.shift()!));
  }),
];

/** The axes: an attribute before opset 13, then an input. */
function axesOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): readonly number[] | undefined {
  return inputs[1] ? numbersOf(inputs[1]) : intsAttribute(context.attributes, 'axes', undefined);
}

function reshaping(op: string, newShape: NewShape): Operator {
  return {
    op,
    forward: (context, inputs) => {
      const x = given(context, inputs, 0);
      const shape = newShape(context, x, inputs);
      if (sizeOf(shape) === sizeOf(x.shape)) return [reshaped(x, shape)];
      return misfit(context, `[${x.shape.join(', ')}] has not as many elements as [${shape.join(', ')}]`);
    },
    vjp: (context) => {
      const dy = context.cotangents[0];
      return dy && context.needs[0] ? [cotangentOf(given(context, context.inputs, 0), dy.data)] : [];
    },
  };
}
