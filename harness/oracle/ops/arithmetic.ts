import type { Operator } from '../../types/oracle.ts';
import { binary } from './_elementwise.ts';

/** Add, Sub, Mul, Div with broadcasting. Integer division truncates. */
export const arithmetic: readonly Operator[] = [
  binary({ op: 'Add', f: (a, b) => a + b, partials: [() => 1, () => 1] }),
  binary({ op: 'Sub', f: (a, b) => a - b, partials: [() => 1, () => -1] }),
  binary({ op: 'Mul', f: (a, b) => a * b, partials: [(_a, b) => b, (a) => a] }),
  binary({ op: 'Div', f: (a, b) => a / b, partials: [(_a, b) => 1 / b, (a, b, r) => -r(r(a / b) / b)] }),
];
