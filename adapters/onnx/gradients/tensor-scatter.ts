import { intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { positions, zeros } from './_index.ts';
import { reshape } from './_reshape.ts';

/** A window of a cache is overwritten, at another place in each batch: the window's gradient goes to the update, the rest to the past. */
export const tensorScatter: GradientRule = {
  op: 'TensorScatter',
  gradient(context) {
    const [past, update] = context.inputs as [string, string];
    const dy = context.cotangents[0] as string;
    const axis = axisOf(intAttribute(context.attributes, 'axis', -2), context.shape(past).length);
    const places = writtenPlaces(context, axis);
    const nought = (): string => zeros(context, context.shape(update), context.dtype(update));
    return [
      context.needs(0) ? context.emit('ScatterElements', [dy, places, nought()], { axis: int(axis) }) : undefined,
      context.needs(1) ? context.emit('GatherElements', [dy, places], { axis: int(axis) }) : undefined,
    ];
  },
};

/** Where along `axis` each element of the update was written, in the shape of the update. */
function writtenPlaces(context: GradientContext, axis: number): string {
  const [past, update, starts = ''] = context.inputs as [string, string, string?];
  const shape = context.shape(update);
  const only = (k: number): number[] => shape.map((size, d) => (d === k ? size : 1));
  const steps = positions(context, only(axis));
  const places = starts === '' ? steps : context.emit('Add', [steps, reshape(context, starts, only(0))]);
  const circular = stringAttribute(context.attributes, 'mode', 'linear') === 'circular';
  const length = context.ints([context.shape(past)[axis] as number]);
  return context.emit('Expand', [circular ? context.emit('Mod', [places, length]) : places, context.ints(shape)]);
}
