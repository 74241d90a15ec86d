import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { cast } from './_cast.ts';
import { mathOf } from './_math.ts';

/**
 * Without zeros dx_k = Σ_{i ≥ k} dy_i y_i / x_k. Behind the first zero all products are 0, so that nothing flows further back
 * than to that zero itself; it gets the sum of dy_i times the products without it.
 */
export const cumProd: GradientRule = {
  op: 'CumProd',
  gradient(context) {
    const [x, axisInput] = context.inputs as [string, string];
    const [y, dy] = [context.outputs[0] as string, context.cotangents[0] as string];
    const { equal, and, mul, div, where } = mathOf(context, context.dtype(x));
    const exclusive = intAttribute(context.attributes, 'exclusive', 0);
    const reverse = intAttribute(context.attributes, 'reverse', 0);
    const running = (values: string, backwards: number, strict: number): string =>
      context.emit('CumSum', [values, axisInput], { exclusive: int(strict), reverse: int(backwards) });
    const isZero = equal(x, 0);
    const zerosSoFar = running(cast(context, isZero, context.dtype(x)), reverse, 0);
    const first = and(isZero, equal(zerosSoFar, 1));
    const without = runningProduct(context, where(first, 1, x), reverse, exclusive);
    const atFirst = running(mul(dy, without), 1 - reverse, exclusive);
    const elsewhere = div(running(mul(dy, y), 1 - reverse, exclusive), where(isZero, 1, x));
    return [where(first, atFirst, elsewhere)];
  },
};

/** Cumulative product by doubling: after step s each element holds the product of 2^s neighbours. (CumProd itself is newer than the working opset.) */
function runningProduct(context: GradientContext, x: string, reverse: number, exclusive: number): string {
  const shape = context.shape(context.inputs[0] as string);
  const axis = axisOf(context.knownInts(context.inputs[1] as string)[0] ?? 0, shape.length);
  const one = context.scalar(1, context.dtype(context.inputs[0] as string));
  const shifted = (name: string, by: number): string => {
    const pads = [...shape, ...shape].map(() => 0);
    pads[axis] = reverse === 0 ? by : -by;
    pads[shape.length + axis] = -(pads[axis] as number);
    return context.emit('Pad', [name, context.ints(pads), one]);
  };
  let product = exclusive === 0 ? x : shifted(x, 1);
  for (let step = 1; step < (shape[axis] as number); step *= 2) {
    product = context.emit('Mul', [product, shifted(product, step)]);
  }
  return product;
}
