import { indexOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';

/** The indices of the elements that are not zero, one row an axis: [rank, count]. */
export const nonZero: Operator = {
  op: 'NonZero',
  noDerivative: 'its result is indices',
  forward: (context, inputs) => {
    const { shape, data } = given(context, inputs, 0);
    const found = Array.from(data.entries()).flatMap(([i, x]) => (x === 0 ? [] : [indexOf(i, shape)]));
    const rows = shape.flatMap((_, axis) => found.map((index) => index[axis]!));
    return [{ dtype: 'int64', shape: [shape.length, found.length], data: Float64Array.from(rows) }];
  },
};
