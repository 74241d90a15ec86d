import { sizeOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { groupNorm } from './_group-norm.ts';

/** x̂·scale[channel] + bias[channel], normalised over each plane of x [batch, channels, ...]. */
export const instanceNormalization: Operator = groupNorm('InstanceNormalization', (_, x) => {
  const [, channels = 1, ...spatial] = x.shape;
  const size = sizeOf(spatial);
  return { groups: { count: x.data.length / size, size }, parameter: (i) => Math.floor(i / size) % channels };
});
