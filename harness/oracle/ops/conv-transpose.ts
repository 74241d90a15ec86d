import { intAttribute, intsAttribute, stringAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, misfit } from './_context.ts';
import { addBias, type Convolution, correlate, correlateWeights, spreadBack, sumByChannel } from './_convolution.ts';
import { makeValue, seedOf, wants } from './_kit.ts';
import type { Sliding } from './_spatial.ts';

/** The adjoint of Conv: x [batch, features, ...], w [features, channels/group, ...kernel], optional bias [channels] → [batch, channels, ...]. */
export const convTranspose: Operator = {
  op: 'ConvTranspose',
  forward(context, inputs) {
    const [x, w, bias] = [given(context, inputs, 0), given(context, inputs, 1), inputs[2]];
    const { arithmetic } = context;
    const sizes = transposedOf(context, x, w);
    const y = spreadBack(x.data, w.data, sizes, arithmetic);
    if (bias) addBias(y, bias.data, sizeOf(sizes.window.input), arithmetic.round);
    return [makeValue(x.dtype, [sizes.batch, sizes.channels, ...sizes.window.input], y)];
  },
  vjp(context) {
    const [x, w, bias] = [given(context, context.inputs, 0), given(context, context.inputs, 1), context.inputs[2]];
    const dy = seedOf(context, 0);
    if (!dy) return [];
    const { arithmetic } = context;
    const sizes = transposedOf(context, x, w);
    const sums = () => sumByChannel(dy, sizes.channels, sizeOf(sizes.window.input), arithmetic.round);
    return [
      wants(context, 0) ? cotangentOf(x, correlate(dy, w.data, sizes, arithmetic)) : undefined,
      wants(context, 1) ? cotangentOf(w, correlateWeights(dy, x.data, sizes, arithmetic)) : undefined,
      bias && wants(context, 2) ? cotangentOf(bias, sums()) : undefined,
    ];
  },
};

/** The convolution that this is the adjoint of: what is "input" there is the output here. */
function transposedOf(context: OperatorContext, x: Value, w: Value): Convolution {
  const group = intAttribute(context.attributes, 'group', 1);
  const [batch = 1, features = 1, ...small] = x.shape;
  const [first = 1, perGroup = 1, ...kernel] = w.shape;
  if (first !== features || kernel.length !== small.length || features % group !== 0) {
    misfit(
      context,
      `x [${x.shape.join(', ')}] and weights [${w.shape.join(', ')}] do not fit together in ${group} groups`,
    );
  }
  return { batch, channels: perGroup * group, features, group, window: transposedWindow(context, small, kernel) };
}

/** size = stride·(in − 1) + output_padding + dilation·(kernel − 1) + 1 − pads, unless `output_shape` or SAME say it and thereby the pads. */
function transposedWindow(context: OperatorContext, small: readonly number[], kernel: readonly number[]): Sliding {
  const { attributes } = context;
  const ones = small.map(() => 1);
  const strides = intsAttribute(attributes, 'strides', ones);
  const dilations = intsAttribute(attributes, 'dilations', ones);
  const extra = intsAttribute(attributes, 'output_padding', undefined) ?? small.map(() => 0);
  const auto = stringAttribute(attributes, 'auto_pad', 'NOTSET');
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
  const wanted = intsAttribute(attributes, 'output_shape', undefined)?.slice(-small.length);
  const target = wanted ?? (same ? small.map((size, a) => size * strides[a]!) : undefined);
  const pads = auto === 'NOTSET' ? intsAttribute(attributes, 'pads', undefined) : undefined;
  const begin = small.map((_, a) => pads?.[a] ?? 0);
  const end = small.map((_, a) => pads?.[a + small.length] ?? 0);
  const input = small.map((size, a) => {
    const full = strides[a]! * (size - 1) + extra[a]! + dilations[a]! * (kernel[a]! - 1) + 1;
    if (!target) return full - begin[a]! - end[a]!;
    const total = Math.max(full - target[a]!, 0);
    begin[a] = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
    end[a] = total - begin[a]!;
    return target[a]!;
  });
  return { input, output: small, kernel, strides, dilations, begin, end };
}
