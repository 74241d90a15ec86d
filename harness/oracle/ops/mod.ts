import { intAttribute } from '../../attributes.ts';
import type { Attributes } from '../../types/graph.ts';
import type { Operator } from '../../types/oracle.ts';
import { binary } from './_elementwise.ts';

const isFmod = (attributes: Attributes): boolean => intAttribute(attributes, 'fmod', 0) !== 0;

/** The remainder: with the sign of the dividend (fmod = 1, as in C), or of the divisor (fmod = 0, as in Python). */
export const mod: Operator = binary({
  op: 'Mod',
  f: (a, b, _r, _dtype, attributes) => (isFmod(attributes) ? a % b : a - b * Math.floor(a / b)),
  partials: [() => 1, (a, b, _r, attributes) => -(isFmod(attributes) ? Math.trunc(a / b) : Math.floor(a / b))],
  jumps: (a, b, [na, nb]) => [0, Math.abs(a - b * Math.round(a / b)) <= na + nb * Math.abs(a / b) ? 1 : 0],
});
