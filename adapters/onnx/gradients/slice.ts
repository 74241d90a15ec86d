import { axisOf } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { adjointOfNode } from './_index.ts';

/** Zeros around what was cut out. Steps other than 1, and bounds computed in the run, go by the index trick. */
export const slice: GradientRule = {
  op: 'Slice',
  gradient: (context) => [padBack(context) ?? adjointOfNode(context, 0)],
};

function padBack(context: GradientContext): string | undefined {
  const [x, starts, , axes = '', steps = ''] = context.inputs as [string, string, string, string?, string?];
  const rank = context.shape(x).length;
  const known = [starts, axes, steps].every((name) => name === '' || context.maybeKnown(name) !== undefined);
  if (!known || (steps !== '' && context.knownInts(steps).some((step) => step !== 1))) return undefined;
  const before = Array.from({ length: rank }, () => 0);
  const along = axes === '' ? context.knownInts(starts).map((_, k) => k) : context.knownInts(axes);
  context.knownInts(starts).forEach((start, k) => {
    const axis = axisOf(along[k] as number, rank);
    const size = context.shape(x)[axis] as number;
    before[axis] = Math.min(Math.max(axisOf(start, size), 0), size);
  });
  const kept = context.shape(context.outputs[0] as string);
  const after = before.map((start, axis) => (context.shape(x)[axis] as number) - start - (kept[axis] as number));
  return context.emit('Pad', [context.cotangents[0] as string, context.ints([...before, ...after])]);
}
