import { intAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import { int } from '../rule.ts';

/** The sum from the other end. */
export const cumSum: GradientRule = {
  op: 'CumSum',
  gradient(context) {
    const attributes = {
      exclusive: int(intAttribute(context.attributes, 'exclusive', 0)),
      reverse: int(1 - intAttribute(context.attributes, 'reverse', 0)),
    };
    return [context.emit('CumSum', [context.cotangents[0] as string, context.inputs[1] as string], attributes)];
  },
};
