import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf, sizeOf } from '../../../harness/shape.ts';
import type { Lift } from '../lifting.ts';
import { int } from '../rule.ts';
import { reform } from './_node.ts';

/** Before 13 the input was seen as a matrix: axes before `axis` (default 1) are rows, and the function runs over all others together. */
const flattened = (op: string): Lift => ({
  op,
  until: 13,
  lift(node, context) {
    const x = node.inputs[0] as string;
    const shape = context.shape(x);
    const dtype = context.dtype(x);
    const axis = axisOf(intAttribute(node.attributes, 'axis', 1), shape.length);
    const columns = shape.slice(axis);
    if (columns.filter((size) => size !== 1).length <= 1 && columns.length > 0) {
      const only = columns.findIndex((size) => size !== 1);
      return reform(node, [x], { axis: int(axis + Math.max(only, 0)) });
    }
    const matrix = [sizeOf(shape.slice(0, axis)), sizeOf(columns)];
    const flat = context.compute('Reshape', [x, context.ints(matrix)], { dtype, shape: matrix });
    const soft = context.compute(op, [flat], { dtype, shape: matrix }, { axis: int(1) });
    return reform(node, [soft, context.ints(shape)], {}, 'Reshape');
  },
});

export const softmax: readonly Lift[] = ['Softmax', 'LogSoftmax', 'Hardmax'].map(flattened);
