import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import type { DataType } from '../../types/tensor.ts';
import { given } from './_context.ts';
import { makeValue } from './_kit.ts';
import { roundHalfEven, saturation, scaleIndex } from './_quantize.ts';
import { typeOf } from './_types.ts';

/** y = saturate(round(x / scale) + zero point), ties to even; scale for all, for each index of `axis`, or for blocks along it. */
export const quantizeLinear: Operator = {
  op: 'QuantizeLinear',
  noDerivative: 'quantisation is piecewise constant: its derivative is 0 wherever it has one',
  forward(context, inputs) {
    const [x, scale, zero] = [given(context, inputs, 0), given(context, inputs, 1), inputs[2]];
    const { round } = context.arithmetic;
    const { attributes } = context;
    const dtype = resultType(context, zero);
    const saturate = saturation(context, dtype);
    const [axis, block] = [intAttribute(attributes, 'axis', 1), intAttribute(attributes, 'block_size', 0)];
    const index = scaleIndex(context, x.shape, scale, axis, block);
    const y = x.data.map((element, i) => {
      const at = index(i);
      return saturate(roundHalfEven(round(element / scale.data[at]!)) + (zero?.data[at] ?? 0));
    });
    return [makeValue(dtype, x.shape, y)];
  },
};

/** y = saturate(round(x / scale) + zero point) in uint8, scale and zero point spanning 0 and the range of x; outputs y, scale, zero point. */
export const dynamicQuantizeLinear: Operator = {
  op: 'DynamicQuantizeLinear',
  // Its scale follows from the range of x, and has a derivative, which is not implemented.
  forward(context, inputs) {
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
    const y = x.data.map((element) => saturate(roundHalfEven(round(element / scale)) + zero));
    return [
      makeValue('uint8', x.shape, y),
      makeValue('float32', [], Float64Array.of(scale)),
      makeValue('uint8', [], Float64Array.of(zero)),
    ];
  },
};

function resultType(context: OperatorContext, zero: Value | undefined): DataType {
  if (zero) return zero.dtype;
  const code = intAttribute(context.attributes, 'output_dtype', 0);
  return code === 0 ? 'uint8' : typeOf(context, code);
}
