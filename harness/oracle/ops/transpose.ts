import { intsAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { indexed } from './_indexed.ts';
import { transposedOffsets } from './_strided.ts';

/** Axis k of the output is axis perm[k] of the input; reversed where perm is absent. */
export const transpose: Operator = indexed('Transpose', (context, inputs) => {
  const { shape } = given(context, inputs, 0);
  const reversed = shape.map((_, axis) => shape.length - 1 - axis);
  const permutation = intsAttribute(context.attributes, 'perm', reversed);
  return { shape: permutation.map((axis) => shape[axis]!), offsets: transposedOffsets(shape, permutation) };
});
