import type { GradientRule } from '../rule.ts';
import { float32 } from '../../../harness/tensor.ts';
import { int } from '../rule.ts';
import { cast } from './_cast.ts';
import { mathOf } from './_math.ts';

/** values = [off, on]: each gets the gradient of the elements that hold it. */
export const oneHot: GradientRule = {
  op: 'OneHot',
  gradient(context) {
    const [indices, depth, values] = context.inputs as [string, string, string];
    const dtype = context.dtype(values);
    const { mul, sub } = mathOf(context, dtype);
    const dy = context.cotangents[0] as string;
    const [hot] = context.again([indices, depth, context.constant(float32([2], [0, 1]))]);
    const on = cast(context, hot as string, dtype);
    const sums = [sub(1, on), on].map((mask) =>
      context.emit('Reshape', [context.emit('ReduceSum', [mul(dy, mask)]), context.ints([1])]),
    );
    return [undefined, undefined, context.emit('Concat', sums, { axis: int(0) })];
  },
};
