import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { broadcastOffsets } from './_strided.ts';
import { matmuls } from './matmul.ts';

const multiply = matmuls.find((operator) => operator.op === 'MatMul')!;

/** (A − zero point of A) · (B − zero point of B) in int32. The zero points are scalars, or one for each row of A and column of B. */
export const matmulInteger: Operator = {
  op: 'MatMulInteger',
  noDerivative: 'it works on integers',
  forward: (context, inputs) => {
    const a = shifted(context, inputs, 0, (zero) => [...zero.shape, ...(zero.shape.length === 1 ? [1] : [])]);
    const b = shifted(context, inputs, 1, (zero) => zero.shape);
    // Integers below 2^53 are exact in float64, whatever the arithmetic of the pass.
    const exact = { ...context, arithmetic: { name: 'float64', round: (x: number) => x } } as const;
    const [product] = multiply.forward(exact, [a, b]);
    return [{ ...product!, dtype: 'int32', data: product!.data.map((x) => x | 0) }];
  },
};

function shifted(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  i: number,
  shapeOf: (zero: Value) => readonly number[],
): Value {
  const x = given(context, inputs, i);
  const zero = inputs[i + 2];
  if (!zero) return x;
  const offsets = zero.data.length === 1 ? new Int32Array(x.data.length) : broadcastOffsets(shapeOf(zero), x.shape);
  return { ...x, data: x.data.map((element, k) => element - zero.data[offsets[k]!]!) };
}
