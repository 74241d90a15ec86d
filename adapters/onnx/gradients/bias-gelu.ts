import type { GradientContext, GradientRule } from '../rule.ts';
import { geluDerivative, tanhGeluDerivative } from './_gelu.ts';
import type { GraphMath } from './_math.ts';
import { mathOf } from './_math.ts';

/** Gelu of x + bias, exact (BiasGelu) or with tanh (FastGelu, whose bias may be absent). */
export const biasGelus: readonly GradientRule[] = [
  { op: 'BiasGelu', domain: 'com.microsoft', gradient: (context) => biasGelu(context, geluDerivative) },
  { op: 'FastGelu', domain: 'com.microsoft', gradient: (context) => biasGelu(context, tanhGeluDerivative) },
];

function biasGelu(context: GradientContext, derivative: (math: GraphMath, x: string) => string): string[] {
  const [x, bias] = [context.inputs[0] as string, context.inputs[1] ?? ''];
  const math = mathOf(context, context.dtype(x));
  const dx = math.mul(context.cotangents[0] as string, derivative(math, bias === '' ? x : math.add(x, bias)));
  return bias === '' ? [dx] : [dx, context.unbroadcast(dx, context.shape(x), context.shape(bias))];
}
