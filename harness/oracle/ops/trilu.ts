import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { indexed } from './_indexed.ts';

/** The upper (column − row ≥ k) or lower (column − row ≤ k) triangle of each matrix; 0 elsewhere. */
export const trilu: Operator = indexed('Trilu', (context, inputs) => {
  const { shape, data } = given(context, inputs, 0);
  const upper = intAttribute(context.attributes, 'upper', 1) !== 0;
  const k = inputs[1]?.data[0] ?? 0;
  const [rows, columns] = shape.slice(-2) as [number, number];
  const offsets = new Int32Array(data.length);
  for (let i = 0; i < offsets.length; i++) {
    const diagonal = (i % columns) - (Math.floor(i / columns) % rows);
    offsets[i] = (upper ? diagonal >= k : diagonal <= k) ? i : -1;
  }
  return { shape, offsets };
});
