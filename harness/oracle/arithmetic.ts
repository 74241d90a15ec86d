import { roundToBfloat16, roundToFloat16 } from '../numerics/float16.ts';
import type { Arithmetic, Value } from '../types/oracle.ts';
import type { DataType } from '../types/tensor.ts';

/** R64: nothing is rounded but by the processor's own float64. */
export const float64: Arithmetic = { name: 'float64', round: (x) => x };

/** N32: the textbook in float32. The double of two float32 operands rounds to float32 as the float32 operation itself does (+ − × ÷ √). */
export const float32: Arithmetic = { name: 'float32', round: Math.fround };

/** The arithmetic in which a node is computed: a network's own float64 stays float64 also in N32; half types compute in float32. */
export function arithmeticFor(arithmetic: Arithmetic, inputs: readonly (Value | undefined)[]): Arithmetic {
  return arithmetic.name === 'float32' && inputs.some((input) => input?.dtype === 'float64') ? float64 : arithmetic;
}

/** A node's output as it is stored: N32 rounds to the type, R64 keeps every digit. */
export function stored(arithmetic: Arithmetic, value: Value): Value {
  const round = arithmetic.name === 'float32' ? STORAGE[value.dtype] : undefined;
  if (!round) return value;
  const { data } = value;
  let i = 0;
  while (i < data.length && Object.is(round(data[i]!), data[i])) i++;
  return i === data.length ? value : { ...value, data: data.map(round) };
}

const STORAGE: Partial<Record<DataType, (x: number) => number>> = {
  float32: Math.fround,
  float16: roundToFloat16,
  bfloat16: roundToBfloat16,
};
