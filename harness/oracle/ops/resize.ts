import { floatAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { around, cotangentOf, given, like } from './_context.ts';
import { seedOf } from './_kit.ts';
import { mapAxis, mapAxisBack } from './_resample.ts';
import { resizeMaps } from './_resize.ts';

/** Interpolation to another size, one axis after the other from the last: nearest, linear and cubic. */
export const resizes: readonly Operator[] = ['Resize', 'Upsample'].map((op) => ({
  op,
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const constant = floatAttribute(context.attributes, 'extrapolation_value', 0);
    const shape = [...x.shape];
    let y = x.data;
    for (const [axis, map] of [...resizeMaps(context, x, inputs).entries()].reverse()) {
      if (!map) continue;
      y = mapAxis(y, map, around(shape, axis), constant, context.arithmetic);
      shape[axis] = map.outputs;
    }
    return [like(x, y, shape)];
  },
  vjp(context) {
    const x = given(context, context.inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    const maps = resizeMaps(context, x, context.inputs);
    const shape = x.shape.map((length, axis) => maps[axis]?.outputs ?? length);
    let dx = dy;
    for (const [axis, map] of maps.entries()) {
      if (!map) continue;
      dx = mapAxisBack(dx, map, around(shape, axis), context.arithmetic);
      shape[axis] = map.inputs;
    }
    return [cotangentOf(x, dx)];
  },
}));
