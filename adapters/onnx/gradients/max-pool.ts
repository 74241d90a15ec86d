import { intsAttribute } from '../../../harness/attributes.ts';
import { sizeOf } from '../../../harness/shape.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { DataType } from '../../../harness/types/tensor.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int, text } from '../rule.ts';
import { windowsOf } from './_convolution.ts';
import { zeros } from './_index.ts';
import { windowCounts } from './_pooling.ts';
import { reshape } from './_reshape.ts';

/** Each window's dy goes to its largest element: the first of equals, as in the forward run. */
export const maxPool: GradientRule = {
  op: 'MaxPool',
  gradient(context) {
    const x = context.inputs[0] as string;
    const dy = context.cotangents[0];
    if (dy === undefined) return [undefined];
    // Row-major positions, whatever order the model's own second output is in.
    const { storage_order: _, ...attributes } = context.attributes;
    const [, indices = ''] = context.emitMany('MaxPool', [x], 2, attributes);
    return [scatterFlat(context, emptied(context, indices, dy), x)];
  },
};

/** dy to the first largest element of each channel. */
export const globalMaxPool: GradientRule = {
  op: 'GlobalMaxPool',
  gradient(context) {
    const x = context.inputs[0] as string;
    const shape = context.shape(x);
    const [batch = 1, channels = 1] = shape;
    const planes = [batch * channels, sizeOf(shape.slice(2))] as const;
    const first = context.emit('ArgMax', [reshape(context, x, planes)], { axis: int(1), keepdims: int(1) });
    const dy = reshape(context, context.cotangents[0] as string, [planes[0], 1]);
    const slots = zeros(context, planes, context.dtype(x));
    return [reshape(context, context.emit('ScatterElements', [slots, first, dy], { axis: int(1) }), shape)];
  },
};

interface Scattered {
  readonly indices: string;
  readonly dy: string;
}

/** A dilated window of nothing but padding has no largest element: its index means nothing, and its dy goes nowhere. */
function emptied(context: GradientContext, indices: string, dy: string): Scattered {
  const [x, y] = [context.shape(context.inputs[0] as string), context.shape(context.outputs[0] as string)];
  const kernel = intsAttribute(context.attributes, 'kernel_shape', []);
  const windows = windowsOf(context.attributes, kernel, x.slice(2), 'pool');
  const counts = windowCounts(windows, x.slice(2), y.slice(2), false);
  if (counts.every((count) => count > 0)) return { indices, dy };
  const full = context.constant(fromNumbers('bool', [1, 1, ...y.slice(2)], counts));
  const scalar = (dtype: DataType): string => context.constant(fromNumbers(dtype, [], [0]));
  return {
    indices: context.emit('Where', [full, indices, scalar('int64')]),
    dy: context.emit('Where', [full, dy, scalar(context.dtype(context.inputs[0] as string))]),
  };
}

/** Adds dy into zeros of the shape of x, at positions counted over the whole of x. */
function scatterFlat(context: GradientContext, { indices, dy }: Scattered, x: string): string {
  const shape = context.shape(x);
  const flat = context.ints([-1]);
  const inputs = [
    zeros(context, [sizeOf(shape)], context.dtype(x)),
    context.emit('Reshape', [indices, flat]),
    context.emit('Reshape', [dy, flat]),
  ];
  const summed = context.emit('ScatterElements', inputs, { axis: int(0), reduction: text('add') });
  return reshape(context, summed, shape);
}
