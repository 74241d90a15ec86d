import { intsAttribute } from '../../attributes.ts';
import { stridesOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { axisIn, given } from './_context.ts';
import { indexed } from './_indexed.ts';
import { tableOffsets } from './_strided.ts';

/** Crops or zero-pads around the centre to the given lengths; the odd element goes to the end when padding, and is lost there when cropping. */
export const centerCropPad: Operator = indexed('CenterCropPad', (context, inputs) => {
  const { shape } = given(context, inputs, 0);
  const wanted = given(context, inputs, 1).data;
  const axes = intsAttribute(context.attributes, 'axes', [...shape.keys()]);
  const strides = stridesOf(shape);
  const out = [...shape];
  for (const [i, axis] of axes.entries()) out[axisIn(context, axis, shape.length)] = wanted[i]!;
  const tables = out.map((length, axis) => {
    const own = shape[axis]!;
    const shift = length < own ? Math.floor((own - length) / 2) : -Math.floor((length - own) / 2);
    return Array.from({ length }, (_, i) => (0 <= i + shift && i + shift < own ? (i + shift) * strides[axis]! : -1));
  });
  return { shape: out, offsets: tableOffsets(tables) };
});
