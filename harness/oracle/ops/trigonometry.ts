import type { Operator } from '../../types/oracle.ts';
import { none, unary } from './_elementwise.ts';

/** Sin, Cos, Tan and their inverses. */
export const trigonometry: readonly Operator[] = [
  unary({ op: 'Sin', parameters: none, f: Math.sin, derivative: (x) => Math.cos(x) }),
  unary({ op: 'Cos', parameters: none, f: Math.cos, derivative: (x) => -Math.sin(x) }),
  unary({ op: 'Tan', parameters: none, f: Math.tan, derivative: (_x, y, r) => 1 + r(y * y) }),
  unary({ op: 'Asin', parameters: none, f: Math.asin, derivative: (x, _y, r) => 1 / r(Math.sqrt(r(1 - r(x * x)))) }),
  unary({ op: 'Acos', parameters: none, f: Math.acos, derivative: (x, _y, r) => -1 / r(Math.sqrt(r(1 - r(x * x)))) }),
  unary({ op: 'Atan', parameters: none, f: Math.atan, derivative: (x, _y, r) => 1 / r(1 + r(x * x)) }),
];
