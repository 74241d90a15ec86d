import { floatAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, refuse } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';

/**
 * Nothing in inference: y = x, and a mask of ones. In training (opset 12 on: input `training_mode`) the mask is random, so the forward
 * cannot be reproduced; given the mask that was drawn, the backward can: dx = dy · mask / (1 − ratio).
 */
export const dropout: Operator = {
  op: 'Dropout',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    if (ratioOf(context, inputs) !== 0) {
      refuse(
        context,
        'its mask in training is random',
        'Record its output, or compare in inference mode, or with a ratio of 0.',
      );
    }
    return [x, makeValue(context.opset >= 10 ? 'bool' : x.dtype, x.shape, new Float64Array(x.data.length).fill(1))];
  },
  vjp(context) {
    const x = given(context, context.inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    const { round } = context.arithmetic;
    const ratio = ratioOf(context, context.inputs);
    if (ratio === 0) return [cotangentOf(x, dy)];
    const mask = (context.recorded?.(1) ?? context.outputs[1])?.data;
    if (!mask) refuse(context, 'its mask is not among the recorded tensors', 'Record its second output, the mask.');
    const scale = round(1 / round(1 - ratio));
    return [
      cotangentOf(
        x,
        dy.map((d, i) => (mask[i] === 0 ? 0 : round(d * scale))),
      ),
    ];
  },
};

/** The share of elements that are dropped: 0 in inference. Before opset 12 the operator had no other mode (opset 6 and older: `is_test`). */
function ratioOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): number {
  const { opset, attributes } = context;
  if (opset < 7 && attributes.is_test?.value !== 1) return floatAttribute(attributes, 'ratio', 0.5);
  if (opset < 12 || !(inputs[2]?.data[0] === 1)) return 0;
  return inputs[1]?.data[0] ?? 0.5;
}
