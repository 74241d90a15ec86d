import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf, sizeOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { int, text } from '../rule.ts';
import { adjointOfNode, zeros } from './_index.ts';
import { reshape } from './_reshape.ts';

/** Slices, elements, or points that were picked: each adds its gradient where it came from. */
export const gathers: readonly GradientRule[] = [
  {
    op: 'Gather',
    gradient(context) {
      const [data, indices] = context.inputs as [string, string];
      const shape = context.shape(data);
      const axis = axisOf(intAttribute(context.attributes, 'axis', 0), shape.length);
      const [before, after] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
      const picked = sizeOf(context.shape(indices));
      // [before, size, after] gets [before, picked, after], row by row
      const slots = zeros(context, [before, shape[axis] as number, after], context.dtype(data));
      const rows = context.emit('Expand', [
        reshape(context, indices, [1, picked, 1]),
        context.ints([before, picked, after]),
      ]);
      const updates = reshape(context, context.cotangents[0] as string, [before, picked, after]);
      const sum = context.emit('ScatterElements', [slots, rows, updates], { axis: int(1), reduction: text('add') });
      return [reshape(context, sum, shape)];
    },
  },
  {
    op: 'GatherElements',
    gradient(context) {
      const [data, indices] = context.inputs as [string, string];
      const axis = intAttribute(context.attributes, 'axis', 0);
      const slots = zeros(context, context.shape(data), context.dtype(data));
      const inputs = [slots, indices, context.cotangents[0] as string];
      return [context.emit('ScatterElements', inputs, { axis: int(axis), reduction: text('add') })];
    },
  },
  { op: 'GatherND', gradient: (context) => [adjointOfNode(context, 0)] },
];
