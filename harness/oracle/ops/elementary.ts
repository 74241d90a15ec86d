import type { Operator } from '../../types/oracle.ts';
import { none, unary } from './_elementwise.ts';

/** Exp, Log, Sqrt, Reciprocal, Neg, Abs. */
export const elementary: readonly Operator[] = [
  unary({ op: 'Exp', parameters: none, f: Math.exp, derivative: (_x, y) => y }),
  unary({ op: 'Log', parameters: none, f: Math.log, derivative: (x) => 1 / x }),
  unary({ op: 'Sqrt', parameters: none, f: Math.sqrt, derivative: (_x, y, r) => 1 / r(2 * y) }),
  unary({ op: 'Reciprocal', parameters: none, f: (x) => 1 / x, derivative: (_x, y, r) => -r(y * y) }),
  unary({ op: 'Neg', parameters: none, f: (x) => -x, derivative: () => -1 }),
  unary({
    op: 'Abs',
    parameters: none,
    f: Math.abs,
    derivative: (x) => Math.sign(x),
    kinks: () => [{ at: 0, jump: 2 }],
  }),
];
