import { floatAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { seedOf, wants } from './_kit.ts';
import { affine, affineBack, type Groups, normalise, normaliseBack } from './_norm.ts';

/** What is normalised together, and which element of scale and bias stands at each element of x. */
export interface NormLayout {
  readonly groups: Groups;
  readonly parameter: (i: number) => number;
}

/** Makes the operator x̂·scale + bias of inputs x, scale, bias, normalised over the groups of a layout. */
export function groupNorm(
  op: string,
  layoutOf: (context: OperatorContext, x: Value, scale: Value) => NormLayout,
): Operator {
  const epsilonOf = (context: OperatorContext): number => floatAttribute(context.attributes, 'epsilon', 1e-5);
  return {
    op,
    forward(context, inputs) {
      const [x, scale, bias] = [given(context, inputs, 0), given(context, inputs, 1), given(context, inputs, 2)];
      const { round } = context.arithmetic;
      const { groups, parameter } = layoutOf(context, x, scale);
      const { hat } = normalise(x.data, groups, epsilonOf(context), round);
      return [like(x, affine(hat, parameter, scale.data, bias.data, round))];
    },
    vjp(context) {
      const { inputs } = context;
      const [x, scale, bias] = [given(context, inputs, 0), given(context, inputs, 1), given(context, inputs, 2)];
      const dy = seedOf(context, 0);
      if (!dy) return [];
      const { round } = context.arithmetic;
      const { groups, parameter } = layoutOf(context, x, scale);
      const normalised = normalise(x.data, groups, epsilonOf(context), round);
      const size = scale.data.length;
      const { dhat, dscale, dbias } = affineBack(dy, normalised.hat, parameter, scale.data, size, round);
      const dx = () => normaliseBack(dhat, normalised, groups, round, { centred: true });
      return [
        wants(context, 0) ? cotangentOf(x, dx()) : undefined,
        wants(context, 1) ? cotangentOf(scale, dscale) : undefined,
        wants(context, 2) ? cotangentOf(bias, dbias) : undefined,
      ];
    },
  };
}
