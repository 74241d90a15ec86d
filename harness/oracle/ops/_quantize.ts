import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import type { DataType, Shape } from '../../types/tensor.ts';
import { axisIn, misfit, refuse } from './_context.ts';
import { makeValue } from './_kit.ts';
import { sizeOf } from '../../shape.ts';

const RANGES: Partial<Record<DataType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
};

/** To the nearest integer, ties to even. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}

/** Quantises what is in steps already, the zero point included: rounds (ties to even before the zero point is added) and clamps. */
export function quantised(
  context: OperatorContext,
  dtype: DataType,
  steps: Float64Array,
  zero: (i: number) => number,
): Float64Array {
  const saturate = saturation(context, dtype);
  return steps.map((x, i) => saturate(roundHalfEven(x) + zero(i)));
}

/** What an operator on quantised operands sums, in steps of its output: the sums before rounding, the output's zero point, and its shape. */
export interface Steps {
  readonly steps: Float64Array;
  readonly zero: Value;
  readonly shape: Shape;
}

/** Both ends of such an operator: rounded and clamped to its type, and before that. */
export function ofSteps(
  inSteps: (context: OperatorContext, inputs: readonly (Value | undefined)[]) => Steps,
): Required<Pick<Operator, 'forward' | 'beforeRounding'>> {
  return {
    forward(context, inputs) {
      const { steps, zero, shape } = inSteps(context, inputs);
      const data = quantised(context, zero.dtype, steps, () => zero.data[0]!);
      return [makeValue(zero.dtype, shape, data)];
    },
    beforeRounding(context, inputs) {
      const { steps, zero } = inSteps(context, inputs);
      return steps.map((x) => x + zero.data[0]!);
    },
  };
}

/** Clamps to the range of an integer type. Throws E_UNSUPPORTED for others. */
export function saturation(context: OperatorContext, dtype: DataType): (x: number) => number {
  const range = RANGES[dtype];
  if (!range) return refuse(context, `quantisation to ${dtype}`, `Supported are ${Object.keys(RANGES).join(', ')}.`);
  const [low, high] = range;
  return (x) => Math.min(Math.max(x, low), high);
}

/**
 * Which scale stands at each element of a tensor: one for all, one for each index along `axis`, or with `block` one for each
 * `block` elements along it.
 */
export function scaleIndex(
  context: OperatorContext,
  shape: Shape,
  scale: Value,
  axis: number,
  block: number,
): (i: number) => number {
  if (scale.data.length === 1 && scale.shape.length <= 1) return () => 0;
  const along = axisIn(context, axis, shape.length);
  const inner = sizeOf(shape.slice(along + 1));
  const length = shape[along]!;
  if (block === 0) {
    if (scale.data.length !== length)
      misfit(context, `${scale.data.length} scales for ${length} indices of axis ${along}`);
    return (i) => Math.floor(i / inner) % length;
  }
  const blocks = Math.ceil(length / block);
  if (scale.shape[along] !== blocks) misfit(context, `${scale.shape[along]} blocks of scales, where ${blocks} are due`);
  return (i) => {
    const outer = Math.floor(i / (inner * length));
    const index = Math.floor(i / inner) % length;
    return (outer * blocks + Math.floor(index / block)) * inner + (i % inner);
  };
}

/** x − zero point, per element; x itself where there is none. */
export function centred(x: Value, zero: Value | undefined, index: (i: number) => number): Float64Array {
  return zero ? x.data.map((element, i) => element - zero.data[index(i)]!) : x.data;
}
