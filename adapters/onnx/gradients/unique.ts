import { axisOf, sizeOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { zeros } from './_index.ts';
import { reshape } from './_reshape.ts';

/** The first occurrence, which is the one that was kept, gets the gradient. */
export const unique: GradientRule = {
  op: 'Unique',
  gradient(context) {
    const [x, y] = [context.inputs[0] as string, context.outputs[0] as string];
    const dy = context.cotangents[0];
    if (dy === undefined) return [undefined];
    const shape = context.shape(x);
    const first = context.outputs[1] || (context.again(context.inputs, 2)[1] as string);
    const attribute = context.attributes['axis'];
    const axis = attribute?.kind === 'int' ? axisOf(attribute.value, shape.length) : null;
    if (axis === null) {
      const slots = zeros(context, [sizeOf(shape)], context.dtype(x));
      return [reshape(context, context.emit('ScatterElements', [slots, first, dy]), shape)];
    }
    const kept = context.shape(y);
    const rows = reshape(
      context,
      first,
      kept.map((size, k) => (k === axis ? size : 1)),
    );
    const everywhere = context.emit('Expand', [rows, context.ints(kept)]);
    const inputs = [zeros(context, shape, context.dtype(x)), everywhere, dy];
    return [context.emit('ScatterElements', inputs, { axis: int(axis) })];
  },
};
