import { numbersOf } from '../value.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { indexed } from './_indexed.ts';
import { broadcastAll, broadcastOffsets } from './_strided.ts';

/** Broadcasts to the given shape (in both directions: a 1 there keeps the input's own dimension). */
export const expand: Operator = indexed('Expand', (context, inputs) => {
  const x = given(context, inputs, 0);
  const shape = broadcastAll(context, [x.shape, numbersOf(given(context, inputs, 1))]);
  return { shape, offsets: broadcastOffsets(x.shape, shape) };
});
