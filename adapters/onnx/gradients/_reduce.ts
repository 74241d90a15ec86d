import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { GradientContext } from '../rule.ts';
import { int } from '../rule.ts';
import { reshape } from './_reshape.ts';

/** One reduction, with every reduced axis kept as 1 so that all broadcasts against x. */
export interface Reduction {
  readonly x: string;
  readonly shape: Shape;
  /** Output and its gradient, reduced axes kept. */
  readonly y: () => string;
  readonly dy: string;
  /** Elements that make one output. */
  readonly count: number;
  /** Reduces a tensor of the shape of x over the same axes, kept as 1. */
  readonly over: (op: string, x: string) => string;
}

/** Reads axes (attribute-less form: second input), keepdims and noop_with_empty_axes of a Reduce operator. */
export function reductionOf(context: GradientContext): Reduction {
  const [x, axesInput = ''] = context.inputs as [string, string?];
  const shape = context.shape(x);
  const given = axesInput === '' ? [] : context.knownInts(axesInput).map((axis) => axisOf(axis, shape.length));
  const none = given.length === 0 && intAttribute(context.attributes, 'noop_with_empty_axes', 0) !== 0;
  const axes = given.length > 0 || none ? given : shape.map((_, axis) => axis);
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return {
    x,
    shape,
    y: () => reshape(context, context.outputs[0] as string, kept),
    dy: reshape(context, context.cotangents[0] as string, kept),
    count: axes.reduce((product, axis) => product * (shape[axis] as number), 1),
    over: (op, name) =>
      context.emit(op, [name, context.ints(axes)], { keepdims: int(1), noop_with_empty_axes: int(1) }),
  };
}
