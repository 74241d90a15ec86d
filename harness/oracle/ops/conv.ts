import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, misfit } from './_context.ts';
import { addBias, type Convolution, correlate, correlateWeights, spreadBack, sumByChannel } from './_convolution.ts';
import { correlateAt, correlateWeightsAt, spreadBackAt } from './_convolution-at.ts';
import { makeValue, seedOf, wants } from './_kit.ts';
import { slidingWindow } from './_spatial.ts';

/** x [batch, channels, ...], w [features, channels/group, ...kernel], optional bias [features] → [batch, features, ...]. */
export const conv: Operator = {
  op: 'Conv',
  forward(context, inputs) {
    const [x, w, bias] = [given(context, inputs, 0), given(context, inputs, 1), inputs[2]];
    const { arithmetic } = context;
    const sizes = convolutionOf(context, x, w);
    const y = correlate(x.data, w.data, sizes, arithmetic);
    if (bias) addBias(y, bias.data, sizeOf(sizes.window.output), arithmetic.round);
    return [makeValue(x.dtype, [sizes.batch, sizes.features, ...sizes.window.output], y)];
  },
  vjp(context) {
    const [x, w, bias] = [given(context, context.inputs, 0), given(context, context.inputs, 1), context.inputs[2]];
    const dy = seedOf(context, 0);
    if (!dy) return [];
    const { arithmetic } = context;
    const sizes = convolutionOf(context, x, w);
    const sums = () => sumByChannel(dy, sizes.features, sizeOf(sizes.window.output), arithmetic.round);
    return [
      wants(context, 0) ? cotangentOf(x, spreadBack(dy, w.data, sizes, arithmetic)) : undefined,
      wants(context, 1) ? cotangentOf(w, correlateWeights(x.data, dy, sizes, arithmetic)) : undefined,
      bias && wants(context, 2) ? cotangentOf(bias, sums()) : undefined,
    ];
  },
  forwardAt(context, inputs, elements) {
    const [x, w, bias] = [given(context, inputs, 0), given(context, inputs, 1), inputs[2]];
    const { arithmetic } = context;
    const sizes = convolutionOf(context, x, w);
    const y = correlateAt(x.data, w.data, sizes, elements, arithmetic);
    if (!bias) return y;
    const [positions, { round }] = [sizeOf(sizes.window.output), arithmetic];
    return y.map((sum, k) => round(sum + bias.data[Math.floor(elements[k]! / positions) % sizes.features]!));
  },
  vjpAt(context, slot, elements) {
    const [x, w] = [given(context, context.inputs, 0), given(context, context.inputs, 1)];
    const dy = seedOf(context, 0);
    if (!dy || slot > 1) return null;
    const sizes = convolutionOf(context, x, w);
    return slot === 0
      ? spreadBackAt(dy, w.data, sizes, elements, context.arithmetic)
      : correlateWeightsAt(x.data, dy, sizes, elements, context.arithmetic);
  },
};

/** The sizes of a Conv-like node (Conv, ConvInteger, QLinearConv) on these inputs. Throws E_SHAPE where they do not fit. */
export function convolutionOf(context: OperatorContext, x: Value, w: Value): Convolution {
  const group = intAttribute(context.attributes, 'group', 1);
  const [batch = 1, channels = 1, ...input] = x.shape;
  const [features = 1, perGroup = 1, ...kernel] = w.shape;
  if (perGroup * group !== channels || kernel.length !== input.length || features % group !== 0) {
    misfit(
      context,
      `x [${x.shape.join(', ')}] and weights [${w.shape.join(', ')}] do not fit together in ${group} groups`,
    );
  }
  return { batch, channels, features, group, window: slidingWindow(context.attributes, input, kernel) };
}
