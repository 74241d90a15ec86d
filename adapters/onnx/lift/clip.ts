import type { Lift } from '../lifting.ts';
import { reform } from './_node.ts';

/** The bounds were attributes. */
export const clip: Lift = {
  op: 'Clip',
  until: 11,
  lift(node, context) {
    const x = node.inputs[0] as string;
    const bound = (name: string): string => {
      const given = node.attributes[name];
      return given?.kind === 'float' ? context.scalar(given.value, context.dtype(x)) : '';
    };
    return reform(node, [x, bound('min'), bound('max')], {});
  },
};
