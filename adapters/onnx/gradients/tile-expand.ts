import type { GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { reshape } from './_reshape.ts';

/** What was repeated gets the sum of its copies. */
export const repetitions: readonly GradientRule[] = [
  {
    op: 'Expand',
    gradient(context) {
      const [x, y] = [context.inputs[0] as string, context.outputs[0] as string];
      return [context.unbroadcast(context.cotangents[0] as string, context.shape(y), context.shape(x))];
    },
  },
  {
    op: 'Tile',
    gradient(context) {
      const shape = context.shape(context.inputs[0] as string);
      const tiled = context.shape(context.outputs[0] as string);
      // An empty axis has nothing to sum into, however often it was repeated.
      const pairs = shape.flatMap((size, axis) => [size === 0 ? 1 : (tiled[axis] as number) / size, size]);
      const copies = reshape(context, context.cotangents[0] as string, pairs);
      const axes = context.ints(shape.map((_, axis) => 2 * axis));
      if (shape.length === 0) return [copies];
      return [context.emit('ReduceSum', [copies, axes], { keepdims: int(0) })];
    },
  },
];
