import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { typeOf } from './_types.ts';

/** HannWindow, HammingWindow, BlackmanWindow: Σ_k (−1)^k a_k cos(2πkn/N), N the size (periodic) or size − 1. */
export const windows: readonly Operator[] = [
  window('HannWindow', [0.5, 0.5]),
  window('HammingWindow', [25 / 46, 21 / 46]),
  window('BlackmanWindow', [0.42, 0.5, 0.08]),
];

function window(op: string, weights: readonly number[]): Operator {
  return {
    op,
    noDerivative: 'it depends on a size only',
    forward: (context, inputs) => {
      const size = given(context, inputs, 0).data[0]!;
      const periodic = intAttribute(context.attributes, 'periodic', 1) !== 0;
      const period = Math.max(1, periodic ? size : size - 1);
      const { round } = context.arithmetic;
      const data = Float64Array.from({ length: size }, (_, n) =>
        weights.reduce(
          (sum, a, k) => round(sum + round((k % 2 ? -a : a) * Math.cos((2 * Math.PI * k * n) / period))),
          0,
        ),
      );
      return [{ dtype: typeOf(context, intAttribute(context.attributes, 'output_datatype', 1)), shape: [size], data }];
    },
  };
}
