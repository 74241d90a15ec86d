import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { makeValue } from './_kit.ts';

/** A box by its lower and upper corner. */
type Box = readonly [y1: number, x1: number, y2: number, x2: number];

/** For each batch element and class, the best boxes that do not overlap a better one: [count, 3] of (batch element, class, box). */
export const nonMaxSuppression: Operator = {
  op: 'NonMaxSuppression',
  noDerivative: 'its outputs are indices',
  forward(context, inputs) {
    const [boxes, scores] = [given(context, inputs, 0), given(context, inputs, 1)];
    const most = inputs[2]?.data[0] ?? 0;
    const overlap = inputs[3]?.data[0] ?? 0;
    const least = inputs[4]?.data[0] ?? Number.NEGATIVE_INFINITY;
    const centred = intAttribute(context.attributes, 'center_point_box', 0) !== 0;
    const [batch = 0, classes = 0, count = 0] = scores.shape;
    const selected: number[] = [];
    for (let line = 0; line < batch * classes; line++) {
      const n = Math.floor(line / classes);
      const score = (i: number): number => scores.data[line * count + i]!;
      const box = (i: number): Box =>
        cornersOf(boxes.data.subarray((n * count + i) * 4, (n * count + i + 1) * 4), centred);
      const kept: number[] = [];
      const candidates = Array.from({ length: count }, (_, i) => i).filter((i) => score(i) > least);
      for (const i of candidates.sort((a, b) => score(b) - score(a))) {
        if (kept.length < most && kept.every((k) => intersectionOverUnion(box(k), box(i)) <= overlap)) kept.push(i);
      }
      for (const i of kept) selected.push(n, line % classes, i);
    }
    return [makeValue('int64', [selected.length / 3, 3], Float64Array.from(selected))];
  },
};

/** From two opposite corners (y, x, y, x), or from the middle and the size (x, y, width, height). */
function cornersOf(box: Float64Array, centred: boolean): Box {
  const [a = 0, b = 0, c = 0, d = 0] = box;
  if (centred) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

function intersectionOverUnion(a: Box, b: Box): number {
  const height = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const width = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const both = height * width;
  const areaOf = (box: Box): number => (box[2] - box[0]) * (box[3] - box[1]);
  const either = areaOf(a) + areaOf(b) - both;
  return both > 0 ? both / either : 0;
}
