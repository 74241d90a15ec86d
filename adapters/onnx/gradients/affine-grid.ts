import { intAttribute } from '../../../harness/attributes.ts';
import { indexOf, sizeOf } from '../../../harness/shape.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { GradientRule } from '../rule.ts';
import { tensorsOf } from './_tensors.ts';

/** grid = θ · (x, y[, z], 1): dθ = dgridᵀ · (x, y[, z], 1), the coordinates running from −1 to 1. */
export const affineGrid: GradientRule = {
  op: 'AffineGrid',
  gradient(context) {
    const [theta = '', size = ''] = context.inputs;
    const [batch = 1, , ...spatial] = context.knownInts(size);
    const corners = intAttribute(context.attributes, 'align_corners', 0) === 1;
    const math = tensorsOf(context, context.dtype(theta));
    const [rank, positions] = [spatial.length, sizeOf(spatial)];
    const along = (index: number, length: number): number => {
      if (!corners) return (2 * index + 1) / length - 1;
      return length === 1 ? -1 : (2 * index) / (length - 1) - 1;
    };
    const points = Array.from({ length: positions }, (_, k) => {
      const index = indexOf(k, spatial);
      return [...index.map((i, axis) => along(i, spatial[axis] as number)).toReversed(), 1];
    });
    const base = context.constant(fromNumbers(math.dtype, [positions, rank + 1], points.flat()));
    const dy = math.reshape(context.cotangents[0] as string, [batch, positions, rank]);
    return [math.matmul(math.transpose(dy, [0, 2, 1]), base)];
  },
};
