import { stridesOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { numbersOf } from '../value.ts';
import { given } from './_context.ts';
import { indexed } from './_indexed.ts';
import { stridedOffsets } from './_strided.ts';

/** Repeats the tensor along each axis. */
export const tile: Operator = indexed('Tile', (context, inputs) => {
  const { shape } = given(context, inputs, 0);
  const repeats = numbersOf(given(context, inputs, 1));
  const strides = stridesOf(shape);
  // An axis of length repeats·d is the pair (repeats, d) of which the first has stride 0.
  const offsets = stridedOffsets(
    shape.flatMap((d, axis) => [repeats[axis]!, d]),
    strides.flatMap((stride) => [0, stride]),
  );
  return { shape: shape.map((d, axis) => d * repeats[axis]!), offsets };
});
