import type { Operator } from '../../types/oracle.ts';
import { none, unary } from './_elementwise.ts';
import { erf as errorFunction, erfSlope } from './_erf.ts';

/** The error function 2/√π ∫₀ˣ exp(−t²) dt. */
export const erf: Operator = unary({
  op: 'Erf',
  scale: 1,
  parameters: none,
  f: errorFunction,
  derivative: erfSlope,
});
