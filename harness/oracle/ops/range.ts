import type { Operator } from '../../types/oracle.ts';
import { cotangentOf, given, rounding } from './_context.ts';

/** start, start + delta, … below (or, going down, above) the limit, which decides only how many there are. */
export const range: Operator = {
  op: 'Range',
  forward: (context, inputs) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => given(context, inputs, i).data[0]!) as [number, number, number];
    const { dtype } = given(context, inputs, 0);
    const round = rounding(context, dtype);
    const length = Math.max(0, Math.ceil((limit - start) / delta));
    const data = Float64Array.from({ length }, (_, i) => round(start + round(i * delta)));
    return [{ dtype, shape: [length], data }];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    if (!dy || !context.needs[0]) return [];
    const r = context.arithmetic.round;
    const [start, , delta] = context.inputs;
    const sum = (weight: (i: number) => number) =>
      Float64Array.of(dy.reduce((total, d, i) => r(total + r(d * weight(i))), 0));
    return [
      cotangentOf(
        start!,
        sum(() => 1),
      ),
      undefined,
      cotangentOf(
        delta!,
        sum((i) => i),
      ),
    ];
  },
};
