import { floatAttribute, intsAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, misfit } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';

/** The largest element of each bin of regions [count, 5] (batch element, x1, y1, x2, y2) of x [batch, channels, rows, columns] (Fast R-CNN). */
export const maxRoiPool: Operator = {
  op: 'MaxRoiPool',
  forward(context, inputs) {
    const [x, rois] = [given(context, inputs, 0), given(context, inputs, 1)];
    const shape = pooledShape(context);
    const at = largest(context, x, rois);
    const y = Float64Array.from(at, (offset) => (offset < 0 ? 0 : x.data[offset]!));
    return [makeValue(x.dtype, [rois.shape[0]!, x.shape[1]!, ...shape], y)];
  },
  vjp(context) {
    const [x, rois] = [given(context, context.inputs, 0), given(context, context.inputs, 1)];
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    const { round } = context.arithmetic;
    const dx = new Float64Array(x.data.length);
    for (const [out, at] of largest(context, x, rois).entries()) if (at >= 0) dx[at] = round(dx[at]! + dy[out]!);
    return [cotangentOf(x, dx)];
  },
};

function pooledShape(context: OperatorContext): readonly number[] {
  return intsAttribute(context.attributes, 'pooled_shape', undefined) ?? misfit(context, 'pooled_shape is missing');
}

/** The offset of the first largest element of each bin; −1 where a bin is empty. */
function largest(context: OperatorContext, x: Value, rois: Value): Int32Array {
  const [rows = 1, columns = 1] = pooledShape(context);
  const scale = floatAttribute(context.attributes, 'spatial_scale', 1);
  const [, channels = 0, height = 0, width = 0] = x.shape;
  const at = new Int32Array(rois.shape[0]! * channels * rows * columns).fill(-1);
  for (let k = 0; k < rois.shape[0]!; k++) {
    const [batch = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0] = rois.data.subarray(k * 5, k * 5 + 5);
    const down = bins(Math.round(y1 * scale), Math.round(y2 * scale), rows, height);
    const across = bins(Math.round(x1 * scale), Math.round(x2 * scale), columns, width);
    for (let c = 0; c < channels; c++) {
      const plane = (batch * channels + c) * height * width;
      for (let bin = 0; bin < rows * columns; bin++) {
        const [top, bottom] = down[Math.floor(bin / columns)]!;
        const [left, right] = across[bin % columns]!;
        const out = (k * channels + c) * rows * columns + bin;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) {
            const here = plane + row * width + column;
            if (at[out] === -1 || x.data[here]! > x.data[at[out]!]!) at[out] = here;
          }
        }
      }
    }
  }
  return at;
}

/** From and to before which index each bin reaches. */
function bins(start: number, end: number, count: number, length: number): [number, number][] {
  const size = Math.max(end - start + 1, 1) / count;
  const inside = (i: number): number => Math.min(Math.max(i, 0), length);
  return Array.from({ length: count }, (_, i) => [
    inside(Math.floor(i * size) + start),
    inside(Math.ceil((i + 1) * size) + start),
  ]);
}
