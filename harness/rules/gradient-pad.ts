import { intsAttribute } from '../attributes.ts';
import { sizeOf, stridesOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';

/** Pad on the way back: what the border showed of the image is lost, or the image is cut out of the wrong place. */
export const padGradient: Rule = {
  id: 'gradient-pad',
  ops: ['Pad'],
  *backward(context): Iterable<BackwardHypothesis> {
    const [x, dy] = [context.inputs[0], context.cotangents[0]];
    const before = beforeOf(context);
    if (context.slot !== 0 || x === undefined || dy === undefined || before === null) return;
    const mode = context.attributes.mode?.kind === 'string' ? context.attributes.mode.value : 'constant';
    const spare = x.shape.map((size, axis) => (dy.shape[axis] as number) - size);
    if (mode !== 'constant') {
      const lost = cut(dy, before, x);
      if (lost !== null)
        yield sent(
          'gradient.ignores-padding',
          `the gradient of the border is cut off: in mode ${mode} it belongs to the elements that the border repeats`,
          'Add the gradient of each padded element to the element that it is a copy of.',
          lost,
        );
    }
    for (const from of [before.map(() => 0), spare, spare.map((s, axis) => s - (before[axis] as number))]) {
      const moved = from.join() === before.join() ? null : cut(dy, from, x);
      if (moved === null) continue;
      yield sent(
        'gradient.ignores-padding',
        `the gradient is cut out from place ${from.join(', ')} on, where the input begins at ${before.join(', ')}`,
        'Cut the gradient out where the input was put.',
        moved,
      );
    }
  },
};

/** Elements in front of the input, axis by axis; null where they cannot be known or some are cut off. */
function beforeOf({ attributes, inputs, opset }: BackwardContext): number[] | null {
  const rank = inputs[0]?.shape.length ?? 0;
  const pads = opset < 11 ? intsAttribute(attributes, 'pads', undefined) : inputs[1] && [...inputs[1].data];
  if (pads === undefined || pads.some((p) => p < 0)) return null;
  const axes = inputs[3] === undefined ? Array.from({ length: rank }, (_, axis) => axis) : [...inputs[3].data];
  const before = Array.from({ length: rank }, () => 0);
  for (const [i, axis] of axes.entries()) before[(axis + rank) % rank] = pads[i] ?? 0;
  return before;
}

/** The part of `whole` that begins at `from` and has the shape of `like`. */
function cut(whole: Value, from: readonly number[], like: Value): Float64Array | null {
  if (from.some((f, axis) => f < 0 || f + (like.shape[axis] as number) > (whole.shape[axis] as number))) return null;
  const [outer, inner] = [stridesOf(whole.shape), stridesOf(like.shape)];
  return Float64Array.from({ length: sizeOf(like.shape) }, (_, i) => {
    const at = inner.reduce((sum, stride, axis) => {
      const place = Math.floor(i / stride) % (like.shape[axis] as number);
      return sum + (place + (from[axis] as number)) * (outer[axis] as number);
    }, 0);
    return whole.data[at] as number;
  });
}
