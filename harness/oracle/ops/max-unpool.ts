import { intsAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, misfit } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';

/** Puts each element of x where MaxPool's indices say, in zeros. The indices count through the whole output (its `output_shape`, where given). */
export const maxUnpool: Operator = {
  op: 'MaxUnpool',
  forward(context, inputs) {
    const [x, indices] = [given(context, inputs, 0), given(context, inputs, 1)];
    const y = makeValue(x.dtype, outputShape(context, x, inputs[2]));
    for (const [i, at] of indices.data.entries()) {
      if (!(0 <= at && at < y.data.length)) misfit(context, `index ${at} lies outside ${y.data.length} elements`);
      y.data[at] = x.data[i]!;
    }
    return [y];
  },
  vjp(context) {
    const x = given(context, context.inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    return [
      cotangentOf(
        x,
        given(context, context.inputs, 1).data.map((at) => dy[at]!),
      ),
    ];
  },
};

function outputShape(context: OperatorContext, x: Value, given: Value | undefined): number[] {
  if (given) return Array.from(given.data);
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const { attributes } = context;
  const kernel = intsAttribute(attributes, 'kernel_shape', undefined) ?? misfit(context, 'kernel_shape is missing');
  const strides = intsAttribute(attributes, 'strides', undefined) ?? spatial.map(() => 1);
  const pads = intsAttribute(attributes, 'pads', undefined) ?? [...spatial, ...spatial].map(() => 0);
  const sizes = spatial.map((size, a) => (size - 1) * strides[a]! + kernel[a]! - pads[a]! - pads[a + spatial.length]!);
  return [batch, channels, ...sizes];
}
