import { intAttribute } from '../../../harness/attributes.ts';
import type { Lift } from '../lifting.ts';
import { reform } from './_node.ts';

/** Scale and bias were one a group, and became one a channel: [groups] → [groups, 1] → [groups, channels / groups] → [channels]. */
export const groupNormalization: Lift = {
  op: 'GroupNormalization',
  until: 21,
  lift(node, context) {
    const [x = '', ...perGroup] = node.inputs;
    const channels = context.shape(x)[1] ?? 1;
    const groups = intAttribute(node.attributes, 'num_groups', 1);
    const wide = [groups, channels / groups];
    const perChannel = perGroup.map((name) => {
      const dtype = context.dtype(name);
      const column = context.compute('Reshape', [name, context.ints([groups, 1])], { dtype, shape: [groups, 1] });
      const spread = context.compute('Expand', [column, context.ints(wide)], { dtype, shape: wide });
      return context.compute('Reshape', [spread, context.ints([channels])], { dtype, shape: [channels] });
    });
    return reform(node, [x, ...perChannel], node.attributes);
  },
};
