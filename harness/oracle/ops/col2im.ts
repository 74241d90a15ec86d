import { intsAttribute } from '../../attributes.ts';
import { indexOf, sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { numbersOf } from '../value.ts';
import { cotangentOf, given, like, misfit } from './_context.ts';
import { scatterAdd } from './_strided.ts';

/** Adds the columns [N, C·blocks, positions] up where their blocks lie in the image [N, C, …]. */
export const col2im: Operator = {
  op: 'Col2Im',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const { shape, targets } = layout(context, inputs);
    return [like(x, scatterAdd(x.data, targets, sizeOf(shape), context.arithmetic.round), shape)];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const x = given(context, context.inputs, 0);
    if (!dy) return [];
    const { targets } = layout(context, context.inputs);
    return [
      cotangentOf(
        x,
        Float64Array.from(targets, (at) => (at < 0 ? 0 : dy[at]!)),
      ),
    ];
  },
};

/** Where each element of the columns goes; −1 in the padding. */
function layout(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const { shape, data } = given(context, inputs, 0);
  const image = numbersOf(given(context, inputs, 1));
  const block = numbersOf(given(context, inputs, 2));
  const ones = image.map(() => 1);
  const dilations = intsAttribute(context.attributes, 'dilations', ones);
  const steps = intsAttribute(context.attributes, 'strides', ones);
  const pads = intsAttribute(
    context.attributes,
    'pads',
    [...image, ...image].map(() => 0),
  );
  const positions = image.map((length, d) => {
    const reach = dilations[d]! * (block[d]! - 1) + 1;
    return Math.floor((length + pads[d]! + pads[d + image.length]! - reach) / steps[d]!) + 1;
  });
  if (sizeOf(positions) !== shape[2]) {
    misfit(context, `${shape[2]} columns are not the ${sizeOf(positions)} positions of the block`);
  }
  const blockSize = sizeOf(block);
  const targets = Int32Array.from(data, (_, i) => {
    const column = Math.floor(i / shape[2]!);
    const inBlock = indexOf(column % blockSize, block);
    const position = indexOf(i % shape[2]!, positions);
    const place = image.map((__, d) => position[d]! * steps[d]! + inBlock[d]! * dilations[d]! - pads[d]!);
    return offsetIn(image, place, Math.floor(column / blockSize));
  });
  return { shape: [shape[0]!, shape[1]! / blockSize, ...image], targets };
}

/** Row-major offset of a place in image number `at`; −1 where it is outside. */
function offsetIn(image: readonly number[], place: readonly number[], at: number): number {
  if (!image.every((length, d) => 0 <= place[d]! && place[d]! < length)) return -1;
  return image.reduce((offset, length, d) => offset * length + place[d]!, at);
}
