import type { Attributes } from '../../../harness/types/graph.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import type { GraphMath } from './_math.ts';
import { mathOf } from './_math.ts';

/** What the derivative of an element-wise operator of one float input may use: tensor names, and arithmetic in their type. */
export interface UnaryDerivative {
  readonly x: string;
  readonly y: string;
  readonly dy: string;
  readonly attributes: Attributes;
  readonly math: GraphMath;
  readonly context: GradientContext;
}

/** The rule of an element-wise operator of one float input: `gradient` gives dx. */
export function unary(op: string, gradient: (given: UnaryDerivative) => string, domain = ''): GradientRule {
  return {
    op,
    domain,
    gradient(context) {
      const [x, y, dy] = [context.inputs[0] as string, context.outputs[0] as string, context.cotangents[0] as string];
      const math = mathOf(context, context.dtype(x));
      return [gradient({ x, y, dy, attributes: context.attributes, math, context })];
    },
  };
}
