import type { Operator } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';

/** The input itself. */
export const identity: Operator = {
  op: 'Identity',
  forward: (context, inputs) => [given(context, inputs, 0)],
  vjp: (context) => {
    const dy = context.cotangents[0];
    return dy && context.needs[0] ? [cotangentOf(given(context, context.inputs, 0), dy.data)] : [];
  },
};
