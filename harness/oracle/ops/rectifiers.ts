import { floatAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { none, unary } from './_elementwise.ts';

/** Relu, LeakyRelu, ThresholdedRelu, Shrink: the identity on one side of a kink. The derivative at the kink is that of the left. */
export const rectifiers: readonly Operator[] = [
  unary({
    op: 'Relu',
    parameters: none,
    f: (x) => (x > 0 ? x : Number.isNaN(x) ? x : 0),
    derivative: (x) => (x > 0 ? 1 : 0),
    kinks: () => [{ at: 0, jump: 1 }],
  }),
  unary({
    op: 'LeakyRelu',
    parameters: (a) => floatAttribute(a, 'alpha', 0.01),
    f: (x, _r, alpha) => (x < 0 ? alpha * x : x),
    derivative: (x, _y, _r, alpha) => (x > 0 ? 1 : alpha),
    kinks: (alpha) => [{ at: 0, jump: 1 - alpha }],
  }),
  unary({
    op: 'ThresholdedRelu',
    parameters: (a) => floatAttribute(a, 'alpha', 1),
    f: (x, _r, alpha) => (x > alpha ? x : 0),
    derivative: (x, _y, _r, alpha) => (x > alpha ? 1 : 0),
    kinks: (alpha) => [{ at: alpha, jump: 1 }],
  }),
  unary({
    op: 'Shrink',
    parameters: (a) => ({ lambd: floatAttribute(a, 'lambd', 0.5), bias: floatAttribute(a, 'bias', 0) }),
    f: (x, _r, { lambd, bias }) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0),
    derivative: (x, _y, _r, { lambd }) => (x < -lambd || x > lambd ? 1 : 0),
    kinks: ({ lambd }) => [
      { at: lambd, jump: 1 },
      { at: -lambd, jump: 1 },
    ],
  }),
];
