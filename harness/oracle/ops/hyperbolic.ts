import type { Operator } from '../../types/oracle.ts';
import { none, unary } from './_elementwise.ts';

/** Sinh, Cosh, Tanh and their inverses. */
export const hyperbolic: readonly Operator[] = [
  unary({ op: 'Sinh', parameters: none, f: Math.sinh, derivative: (x) => Math.cosh(x) }),
  unary({ op: 'Cosh', parameters: none, f: Math.cosh, derivative: (x) => Math.sinh(x) }),
  unary({ op: 'Tanh', scale: 1, parameters: none, f: Math.tanh, derivative: (_x, y, r) => 1 - r(y * y) }),
  unary({ op: 'Asinh', parameters: none, f: Math.asinh, derivative: (x, _y, r) => 1 / r(Math.sqrt(r(r(x * x) + 1))) }),
  unary({ op: 'Acosh', parameters: none, f: Math.acosh, derivative: (x, _y, r) => 1 / r(Math.sqrt(r(r(x * x) - 1))) }),
  unary({ op: 'Atanh', parameters: none, f: Math.atanh, derivative: (x, _y, r) => 1 / r(1 - r(x * x)) }),
];
