import { intAttribute } from '../../attributes.ts';
import { sizeOf, stridesOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, misfit } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';

/** The grid that GridSample reads for an affine map: theta [batch, axes, axes + 1] times (x, y, …, 1), over a size [batch, channels, ...spatial]. */
export const affineGrid: Operator = {
  op: 'AffineGrid',
  forward(context, inputs) {
    const theta = given(context, inputs, 0);
    const { round } = context.arithmetic;
    const { spatial, axes, points, base } = layoutOf(context, theta, given(context, inputs, 1));
    const batch = theta.shape[0]!;
    const grid = makeValue(theta.dtype, [batch, ...spatial, axes]);
    for (let line = 0; line < batch * points * axes; line++) {
      const [n, point, row] = [Math.floor(line / (points * axes)), Math.floor(line / axes) % points, line % axes];
      let sum = 0;
      for (let k = 0; k <= axes; k++) {
        sum = round(sum + round(theta.data[(n * axes + row) * (axes + 1) + k]! * base(point, k, round)));
      }
      grid.data[line] = sum;
    }
    return [grid];
  },
  vjp(context) {
    const theta = given(context, context.inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    const { round } = context.arithmetic;
    const { axes, points, base } = layoutOf(context, theta, given(context, context.inputs, 1));
    const dtheta = new Float64Array(theta.data.length);
    for (let line = 0; line < dy.length; line++) {
      const [n, point, row] = [Math.floor(line / (points * axes)), Math.floor(line / axes) % points, line % axes];
      for (let k = 0; k <= axes; k++) {
        const at = (n * axes + row) * (axes + 1) + k;
        dtheta[at] = round(dtheta[at]! + round(dy[line]! * base(point, k, round)));
      }
    }
    return [cotangentOf(theta, dtheta)];
  },
};

/** `base` is coordinate k of a point: the last axis first, then 1. */
function layoutOf(context: OperatorContext, theta: Value, size: Value) {
  const spatial = Array.from(size.data).slice(2);
  const axes = spatial.length;
  if (theta.shape[1] !== axes || theta.shape[2] !== axes + 1) {
    misfit(context, `theta [${theta.shape.join(', ')}] for ${axes} spatial axes`);
  }
  const align = intAttribute(context.attributes, 'align_corners', 0) !== 0;
  const strides = stridesOf(spatial);
  const base = (point: number, k: number, r: (x: number) => number): number => {
    if (k === axes) return 1;
    const axis = axes - 1 - k;
    const length = spatial[axis]!;
    const index = Math.floor(point / strides[axis]!) % length;
    if (!align) return r(r(r(2 * index + 1) / length) - 1);
    return length === 1 ? 0 : r(r(r(2 * index) / (length - 1)) - 1);
  };
  return { spatial, axes, points: sizeOf(spatial), base };
}
