import { intAttribute } from '../../../harness/attributes.ts';
import type { Lift } from '../lifting.ts';
import { int } from '../rule.ts';
import { changed, reform } from './_node.ts';

/** Training mode was meant where the statistics were asked for as outputs; from 14 an attribute says it. */
export const batchNormalization: Lift = {
  op: 'BatchNormalization',
  until: 14,
  lift(node, context) {
    if (intAttribute(node.attributes, 'spatial', 1) === 0)
      throw context.unsupported('with spatial = 0 is not supported');
    const outputs = node.outputs.slice(0, node.outputs.findLastIndex((name) => name !== '') + 1);
    if (outputs.length > 3) throw context.unsupported('with saved statistics as outputs is not supported');
    const training = { training_mode: int(outputs.length > 1 ? 1 : 0) };
    const attributes = changed(node.attributes, ['spatial', 'is_test', 'consumed_inputs'], training);
    return { ...reform(node, node.inputs, attributes), outputs };
  },
};
