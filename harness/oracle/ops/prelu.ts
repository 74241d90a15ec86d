import type { Operator } from '../../types/oracle.ts';
import { binary } from './_elementwise.ts';

/** x where it is positive, slope·x elsewhere; the slope broadcasts to x. */
export const prelu: Operator = binary({
  op: 'PRelu',
  f: (x, slope) => (x < 0 ? slope * x : x),
  partials: [(x, slope) => (x > 0 ? 1 : slope), (x) => (x < 0 ? x : 0)],
  jumps: (x, slope, [noise]) => [Math.abs(x) <= noise ? 1 - slope : 0, 0],
});
