import { roundToBfloat16, roundToFloat16 } from '../numerics/float16.ts';
import type { Arithmetic, Value } from '../types/oracle.ts';
import type { DataType } from '../types/tensor.ts';

/** R64: nothing is rounded but by the processor's own float64. */
export const float64: Arithmetic = { name: 'float64', round: (x) => x };

/** N32: the textbook in float32. The double of two float32 operands rounds to float32 as the float32 operation itself does (+ − × ÷ √). */
export const float32: Arithmetic = { name: 'float32', round: Math.fround };

/**
 * float32 with every inexact result rounded up or down at random (Monte Carlo arithmetic, Parker 1997): one run samples how far
 * honest float32 code of this form strays, whatever its order of summation.
 */
export function random32(seed: number): Arithmetic {
  const single = new Float32Array(1);
  const bits = new Int32Array(single.buffer);
  let state = (Math.imul(seed + 1, 0x9e3779b1) | 1) >>> 0;
  const round = (x: number): number => {
    const nearest = Math.fround(x);
    if (nearest === x || !Number.isFinite(nearest)) return nearest;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    if (state < 0) return nearest;
    single[0] = nearest;
    // The neighbour on the other side of x: away from 0 where x is larger in magnitude than its nearest.
    if (nearest === 0) return x > 0 ? 2 ** -149 : -(2 ** -149);
    bits[0] = (bits[0] as number) + (Math.abs(x) > Math.abs(nearest) ? 1 : -1);
    return single[0] as number;
  };
  return { name: 'float32', round };
}

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
