import { floatAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { unary } from './_elementwise.ts';

/** Elu, Selu, Celu: exponential below 0. */
export const exponentialUnits: readonly Operator[] = [
  unary({
    op: 'Elu',
    parameters: (a) => floatAttribute(a, 'alpha', 1),
    f: (x, r, alpha) => (x < 0 ? alpha * r(r(Math.exp(x)) - 1) : x),
    derivative: (x, _y, r, alpha) => (x > 0 ? 1 : alpha * r(Math.exp(x))),
    kinks: (alpha) => [{ at: 0, jump: 1 - alpha }],
  }),
  unary({
    op: 'Selu',
    // The default constants are those that the specification gives, held in float32 as every attribute is.
    parameters: (a) => ({
      alpha: floatAttribute(a, 'alpha', 1.67326319217681884765625),
      gamma: floatAttribute(a, 'gamma', 1.05070102214813232421875),
    }),
    f: (x, r, { alpha, gamma }) => gamma * (x > 0 ? x : r(r(alpha * r(Math.exp(x))) - alpha)),
    derivative: (x, _y, r, { alpha, gamma }) => (x > 0 ? gamma : gamma * r(alpha * r(Math.exp(x)))),
    kinks: ({ alpha, gamma }) => [{ at: 0, jump: gamma * (1 - alpha) }],
  }),
  unary({
    op: 'Celu',
    parameters: (a) => floatAttribute(a, 'alpha', 1),
    f: (x, r, alpha) => Math.max(0, x) + Math.min(0, r(alpha * r(r(Math.exp(r(x / alpha))) - 1))),
    derivative: (x, _y, r, alpha) => (x > 0 ? 1 : Math.exp(r(x / alpha))),
  }),
];
