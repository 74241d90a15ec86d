import type { Operator } from '../../types/oracle.ts';
import { binary, none, unary } from './_elementwise.ts';

const noDerivative = 'it works on booleans';

/** And, Or, Xor, Not. */
export const logic: readonly Operator[] = [
  binary({ op: 'And', result: 'bool', noDerivative, f: (a, b) => Number(a !== 0 && b !== 0) }),
  binary({ op: 'Or', result: 'bool', noDerivative, f: (a, b) => Number(a !== 0 || b !== 0) }),
  binary({ op: 'Xor', result: 'bool', noDerivative, f: (a, b) => Number((a !== 0) !== (b !== 0)) }),
  unary({ op: 'Not', parameters: none, noDerivative, f: (x) => Number(x === 0) }),
];
