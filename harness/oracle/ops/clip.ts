import { floatAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { slackAt } from './_elementwise.ts';

/** min(max(x, lowest), highest). The bounds are attributes before opset 11, then inputs. Its derivative is 1 on the bounds themselves. */
export const clip: Operator = {
  op: 'Clip',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const { low, high } = boundsOf(context, inputs);
    return [
      like(
        x,
        x.data.map((element) => Math.min(Math.max(element, low), high)),
      ),
    ];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    if (!dy) return [];
    const x = given(context, context.inputs, 0);
    const { low, high } = boundsOf(context, context.inputs);
    const r = context.arithmetic.round;
    const sumWhere = (holds: (element: number) => boolean) =>
      Float64Array.of(dy.reduce((sum, d, i) => (holds(x.data[i]!) ? r(sum + d) : sum), 0));
    const noise = (context.noise[0] ?? 0) + Math.max(context.noise[1] ?? 0, context.noise[2] ?? 0);
    const slack = slackAt(x.data, dy, noise, [
      { at: low, jump: 1 },
      { at: high, jump: 1 },
    ]);
    const dx = dy.map((d, i) => (low <= x.data[i]! && x.data[i]! <= high ? d : 0));
    const [, lowest, highest] = context.inputs;
    return [
      cotangentOf(x, dx, slack),
      lowest &&
        cotangentOf(
          lowest,
          sumWhere((element) => element < low && low <= high),
        ),
      highest &&
        cotangentOf(
          highest,
          sumWhere((element) => Math.max(element, low) > high),
        ),
    ];
  },
};

function boundsOf({ opset, attributes }: OperatorContext, inputs: readonly (Value | undefined)[]) {
  if (opset >= 11) {
    return {
      low: inputs[1]?.data[0] ?? Number.NEGATIVE_INFINITY,
      high: inputs[2]?.data[0] ?? Number.POSITIVE_INFINITY,
    };
  }
  return {
    low: floatAttribute(attributes, 'min', -3.4028235e38),
    high: floatAttribute(attributes, 'max', 3.4028235e38),
  };
}
