import { intAttribute } from '../../attributes.ts';
import { stridesOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { indexed } from './_indexed.ts';

/** Reverses the first sequence_lens[b] steps of each sequence b. */
export const reverseSequence: Operator = indexed('ReverseSequence', (context, inputs) => {
  const { shape, data } = given(context, inputs, 0);
  const lengths = given(context, inputs, 1).data;
  const batch = intAttribute(context.attributes, 'batch_axis', 1);
  const time = intAttribute(context.attributes, 'time_axis', 0);
  const strides = stridesOf(shape);
  const offsets = new Int32Array(data.length);
  for (let i = 0; i < offsets.length; i++) {
    const t = Math.floor(i / strides[time]!) % shape[time]!;
    const length = lengths[Math.floor(i / strides[batch]!) % shape[batch]!]!;
    offsets[i] = t < length ? i + (length - 1 - 2 * t) * strides[time]! : i;
  }
  return { shape, offsets };
});
