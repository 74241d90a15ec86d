import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { intVector, scalar } from '../value.ts';
import { given } from './_context.ts';

const noDerivative = 'it depends on the shape only';

/** Shape (from `start` to `end`, clamped) and Size. */
export const shapes: readonly Operator[] = [
  {
    op: 'Shape',
    noDerivative,
    forward: (context, inputs) => {
      const { shape } = given(context, inputs, 0);
      const start = intAttribute(context.attributes, 'start', 0);
      const end = intAttribute(context.attributes, 'end', shape.length);
      return [intVector(shape.slice(start, end))];
    },
  },
  {
    op: 'Size',
    noDerivative,
    forward: (context, inputs) => [scalar('int64', sizeOf(given(context, inputs, 0).shape))],
  },
];
