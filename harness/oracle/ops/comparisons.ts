import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { binary } from './_elementwise.ts';
import { broadcastAll, broadcastOffsets } from './_strided.ts';

const noDerivative = 'its result is a boolean';
const compare = (op: string, holds: (a: number, b: number) => boolean): Operator =>
  binary({ op, result: 'bool', noDerivative, f: (a, b) => Number(holds(a, b)) });

const equalNumbers = compare('Equal', (a, b) => a === b);

/** Equal, of numbers or of strings. */
export const equal: Operator = {
  ...equalNumbers,
  forward: (context, inputs) => {
    const a = given(context, inputs, 0);
    const b = given(context, inputs, 1);
    if (!a.strings || !b.strings) return equalNumbers.forward(context, inputs);
    const shape = broadcastAll(context, [a.shape, b.shape]);
    const ai = broadcastOffsets(a.shape, shape);
    const bi = broadcastOffsets(b.shape, shape);
    const data = Float64Array.from(ai, (at, i) => Number(a.strings?.[at] === b.strings?.[bi[i]!]));
    return [{ dtype: 'bool', shape, data }];
  },
};

/** Greater, Less, GreaterOrEqual, LessOrEqual. */
export const orderings: readonly Operator[] = [
  compare('Greater', (a, b) => a > b),
  compare('Less', (a, b) => a < b),
  compare('GreaterOrEqual', (a, b) => a >= b),
  compare('LessOrEqual', (a, b) => a <= b),
];
