import type { GradientContext, GradientRule } from '../rule.ts';
import type { GraphMath } from './_math.ts';
import { mathOf } from './_math.ts';

/** The gradient of input `slot` of a broadcasting operator, from one in the shape of its output. */
export function toInput(context: GradientContext, slot: number, gradient: string): string {
  return context.unbroadcast(
    gradient,
    context.shape(context.outputs[0] as string),
    context.shape(context.inputs[slot] as string),
  );
}

/** What the derivatives of a broadcasting operator of two inputs may use. */
export interface BinaryDerivative {
  readonly a: string;
  readonly b: string;
  readonly y: string;
  readonly dy: string;
  readonly math: GraphMath;
  readonly context: GradientContext;
}

/** The rule of a broadcasting operator of two inputs of one float type; each derivative is emitted only where it is needed. */
export function binary(
  op: string,
  da: (given: BinaryDerivative) => string,
  db: (given: BinaryDerivative) => string,
): GradientRule {
  return {
    op,
    gradient(context) {
      const [a, b] = context.inputs as [string, string];
      const y = context.outputs[0] as string;
      const given = { a, b, y, dy: context.cotangents[0] as string, math: mathOf(context, context.dtype(y)), context };
      return [da, db].map((gradient, slot) =>
        context.needs(slot) ? toInput(context, slot, gradient(given)) : undefined,
      );
    },
  };
}
