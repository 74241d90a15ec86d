import { roundTiesToEven } from '../../numerics/float16.ts';
import type { Operator } from '../../types/oracle.ts';
import { none, unary } from './_elementwise.ts';

const noDerivative = 'it is constant between its steps: its derivative is zero';

/** Floor, Ceil, Round (halves to even), Sign. */
export const steps: readonly Operator[] = [
  unary({ op: 'Floor', parameters: none, f: Math.floor, noDerivative }),
  unary({ op: 'Ceil', parameters: none, f: Math.ceil, noDerivative }),
  unary({ op: 'Round', parameters: none, f: (x) => (Number.isFinite(x) ? roundTiesToEven(x) : x), noDerivative }),
  unary({ op: 'Sign', parameters: none, f: Math.sign, noDerivative }),
];
