import type { JsonNumber } from '../types/report.ts';

/** A number as the report holds it: NaN and the infinities become strings, as JSON has none. */
export function jsonNumber(x: number): JsonNumber {
  if (Number.isFinite(x)) return x;
  if (Number.isNaN(x)) return 'NaN';
  return x > 0 ? 'Infinity' : '-Infinity';
}
