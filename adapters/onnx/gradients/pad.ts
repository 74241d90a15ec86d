import { stringAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { adjointOfMove, zeros } from './_index.ts';
import { mathOf } from './_math.ts';
import { reshape } from './_reshape.ts';

/** Padding with a constant is undone by the negative pads; the other modes repeat elements: the index trick. */
export const pad: GradientRule = {
  op: 'Pad',
  gradient(context) {
    if (stringAttribute(context.attributes, 'mode', 'constant') !== 'constant') return [repeated(context)];
    return [
      context.needs(0) ? cropBack(context) : undefined,
      undefined,
      context.needs(2) ? ofFiller(context) : undefined,
    ];
  },
};

/** Without the filler: the positions are of another type, and nothing is filled. */
function repeated(context: GradientContext): string {
  const [x, pads, , axes = ''] = context.inputs as [string, string, string?, string?];
  const dy = context.cotangents[0] as string;
  return adjointOfMove(
    context,
    dy,
    context.shape(x),
    context.dtype(x),
    (positions) => context.again(axes === '' ? [positions, pads] : [positions, pads, '', axes])[0] as string,
  );
}

function cropBack(context: GradientContext): string {
  const [x, pads, , axes = ''] = context.inputs as [string, string, string?, string?];
  const rank = context.shape(x).length;
  const along = axes === '' ? Array.from({ length: rank }, (_, k) => k) : context.knownInts(axes);
  const widths = context.knownInts(pads);
  const negative = Array.from({ length: 2 * rank }, () => 0);
  along.forEach((axis, k) => {
    negative[axisOf(axis, rank)] = 0 - (widths[k] as number);
    negative[rank + axisOf(axis, rank)] = 0 - (widths[along.length + k] as number);
  });
  return context.emit('Pad', [context.cotangents[0] as string, context.ints(negative)]);
}

/** The filler gets the gradient of every element that is not one of x. */
function ofFiller(context: GradientContext): string {
  const [x, pads, filler, axes] = context.inputs as [string, string, string, string?];
  const dtype = context.dtype(x);
  const one = context.scalar(1, dtype);
  const [filled] = context.again([
    zeros(context, context.shape(x), dtype),
    pads,
    one,
    ...(axes === undefined ? [] : [axes]),
  ]);
  const masked = mathOf(context, dtype).mul(context.cotangents[0] as string, filled as string);
  return reshape(context, context.emit('ReduceSum', [masked]), context.shape(filler));
}
