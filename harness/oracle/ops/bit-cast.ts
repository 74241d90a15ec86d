import { intAttribute } from '../../attributes.ts';
import { BYTES, bytesOf, fromBytes } from '../../tensor.ts';
import type { Operator } from '../../types/oracle.ts';
import { fromTensor, toTensor } from '../value.ts';
import { given, refuse } from './_context.ts';
import { typeOf } from './_types.ts';

/** The same bits read as another type of the same size. */
export const bitCast: Operator = {
  op: 'BitCast',
  noDerivative: 'it re-reads bits',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const to = typeOf(context, intAttribute(context.attributes, 'to', 0));
    if (to === 'string' || BYTES[to] !== BYTES[x.dtype]) {
      return refuse(context, `${x.dtype} and ${to} differ in size`, 'Cast between types of one size.');
    }
    return [fromTensor(fromBytes(to, x.shape, bytesOf(toTensor(x))))];
  },
};
