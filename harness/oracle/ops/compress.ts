import { sizeOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { around, axisIn, given } from './_context.ts';
import { indexed } from './_indexed.ts';

/** The slices along `axis` (elements of the flattened tensor without it) where the condition holds. */
export const compress: Operator = indexed('Compress', (context, inputs) => {
  const { shape } = given(context, inputs, 0);
  const kept = Array.from(given(context, inputs, 1).data.entries()).flatMap(([i, holds]) => (holds ? [i] : []));
  const said = context.attributes.axis;
  if (said?.kind !== 'int') return { shape: [kept.length], offsets: Int32Array.from(kept) };
  const axis = axisIn(context, said.value, shape.length);
  const { length, inner } = around(shape, axis);
  const out = shape.with(axis, kept.length);
  const offsets = Int32Array.from({ length: sizeOf(out) }, (_, i) => {
    const line = Math.floor(i / inner);
    return (Math.floor(line / kept.length) * length + kept[line % kept.length]!) * inner + (i % inner);
  });
  return { shape: out, offsets };
});
