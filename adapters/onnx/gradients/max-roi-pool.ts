import { sizeOf } from '../../../harness/shape.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { GradientRule } from '../rule.ts';
import { int, text } from '../rule.ts';
import { checkCountable } from './_exact.ts';
import { positions, zeros } from './_index.ts';
import { tensorsOf } from './_tensors.ts';

/**
 * The node itself is run on the ranks of x's elements (largest: N; of equals the first): the ranks that come out say which
 * element each bin took, and 0 that it was empty. Regions have no gradient.
 */
export const maxRoiPool: GradientRule = {
  op: 'MaxRoiPool',
  gradient(context) {
    checkCountable(context);
    const [x = '', rois = ''] = context.inputs;
    const shape = context.shape(x);
    const size = sizeOf(shape);
    const math = tensorsOf(context, context.dtype(x));
    const flat = context.ints([-1]);
    const [, order = ''] = context.emitMany('TopK', [context.emit('Reshape', [x, flat]), context.ints([size])], 2, {
      axis: int(0),
    });
    const whole = (value: number): string => context.constant(fromNumbers('int64', [], [value]));
    const descending = context.emit('Sub', [whole(size), positions(context, [size])]);
    const empty = context.emit('Expand', [whole(0), context.ints([size])]);
    const ranks = context.emit('ScatterElements', [empty, order, descending], { axis: int(0) });
    const [pooled = ''] = context.again([math.reshape(math.cast(ranks), shape), rois], 1);
    // Rank r belongs to order[N − r]; slot N is for empty bins.
    const slots = context.emit('Sub', [whole(size), math.cast(context.emit('Reshape', [pooled, flat]), 'int64')]);
    const places = context.emit('Gather', [
      math.emitter.emit('Concat', [order, context.ints([size])], { axis: int(0) }),
      slots,
    ]);
    const summed = context.emit(
      'ScatterElements',
      [
        zeros(context, [size + 1], math.dtype),
        places,
        context.emit('Reshape', [context.cotangents[0] as string, flat]),
      ],
      { axis: int(0), reduction: text('add') },
    );
    return [math.reshape(math.slice(summed, 0, 0, size), shape), undefined];
  },
};
