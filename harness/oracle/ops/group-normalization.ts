import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { misfit } from './_context.ts';
import { groupNorm } from './_group-norm.ts';

/**
 * x̂·scale + bias, normalised over `num_groups` groups of neighbouring channels of x [batch, channels, ...].
 * Scale and bias are one a channel; before opset 21, one a group.
 */
export const groupNormalization: Operator = groupNorm('GroupNormalization', (context, x, scale) => {
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const count = intAttribute(context.attributes, 'num_groups', 1);
  const expected = context.opset >= 21 ? channels : count;
  if (channels % count !== 0) misfit(context, `${channels} channels do not make ${count} groups`);
  if (scale.data.length !== expected) {
    misfit(context, `the scale has ${scale.data.length} elements, where opset ${context.opset} wants ${expected}`);
  }
  const perParameter = sizeOf(spatial) * (channels / expected);
  return {
    groups: { count: batch * count, size: sizeOf(spatial) * (channels / count) },
    parameter: (i) => Math.floor(i / perParameter) % expected,
  };
});
