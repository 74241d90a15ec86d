import type { Operator } from '../../types/oracle.ts';
import { binary } from './_elementwise.ts';

/** base ^ exponent, in the type of the base. The exponent's derivative at base 0 is 0, as in the frameworks. */
export const pow: Operator = binary({
  op: 'Pow',
  f: (a, b) => a ** b,
  partials: [
    (a, b, r) => (b === 0 ? 0 : b * r(a ** r(b - 1))),
    (a, b, r) => (a === 0 && b >= 0 ? 0 : r(a ** b) * r(Math.log(a))),
  ],
});
