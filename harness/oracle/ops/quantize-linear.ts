import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import type { DataType } from '../../types/tensor.ts';
import { given } from './_context.ts';
import { makeValue } from './_kit.ts';
import { quantised, roundHalfEven, saturation, scaleIndex } from './_quantize.ts';
import { typeOf } from './_types.ts';

/** y = saturate(round(x / scale) + zero point), ties to even; scale for all, for each index of `axis`, or for blocks along it. */
export const quantizeLinear: Operator = {
  op: 'QuantizeLinear',
  noDerivative: 'quantisation is piecewise constant: its derivative is 0 wherever it has one',
  forward(context, inputs) {
    const { steps, zero, dtype, shape } = inSteps(context, inputs);
    return [makeValue(dtype, shape, quantised(context, dtype, steps, zero))];
  },
  beforeRounding(context, inputs) {
    const { steps, zero } = inSteps(context, inputs);
    return steps.map((x, i) => x + zero(i));
  },
};

/** y = saturate(round(x / scale) + zero point) in uint8, scale and zero point spanning 0 and the range of x; outputs y, scale, zero point. */
export const dynamicQuantizeLinear: Operator = {
  op: 'DynamicQuantizeLinear',
  // Its scale follows from the range of x, and has a derivative, which is not implemented.
  forward(context, inputs) {
    const { steps, scale, zero, shape } = rangeInSteps(context, inputs);
    return [
      makeValue(
        'uint8',
        shape,
        quantised(context, 'uint8', steps, () => zero),
      ),
      makeValue('float32', [], Float64Array.of(scale)),
      makeValue('uint8', [], Float64Array.of(zero)),
    ];
  },
  beforeRounding(context, inputs) {
    const { steps, zero } = rangeInSteps(context, inputs);
    return steps.map((x) => x + zero);
  },
};

/** x in steps of 1/255 of the range that 0 and x span. */
function rangeInSteps(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const x = given(context, inputs, 0);
  const { round } = context.arithmetic;
  let [low, high] = [0, 0];
  for (const element of x.data) {
    low = Math.min(low, element);
    high = Math.max(high, element);
  }
  const saturate = saturation(context, 'uint8');
  const scale = high === low ? 1 : round(round(high - low) / 255);
  const zero = roundHalfEven(saturate(round(-low / scale)));
  return { steps: x.data.map((element) => round(element / scale)), scale, zero, shape: x.shape };
}

/** x / scale for each element, and the zero point that stands there. */
function inSteps(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const [x, scale, zero] = [given(context, inputs, 0), given(context, inputs, 1), inputs[2]];
  const { round } = context.arithmetic;
  const { attributes } = context;
  const [axis, block] = [intAttribute(attributes, 'axis', 1), intAttribute(attributes, 'block_size', 0)];
  const index = scaleIndex(context, x.shape, scale, axis, block);
  return {
    steps: x.data.map((element, i) => round(element / scale.data[index(i)]!)),
    zero: (i: number): number => zero?.data[index(i)] ?? 0,
    dtype: resultType(context, zero),
    shape: x.shape,
  };
}

function resultType(context: OperatorContext, zero: Value | undefined): DataType {
  if (zero) return zero.dtype;
  const code = intAttribute(context.attributes, 'output_dtype', 0);
  return code === 0 ? 'uint8' : typeOf(context, code);
}
