import { intAttribute, stringAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like, refuse } from './_context.ts';
import { gathered } from './scatter.ts';

/** Writes new keys or values into a cache, each sequence of the batch from its own position. */
export const tensorScatter: Operator = {
  op: 'TensorScatter',
  forward: (context, inputs) => {
    const [past, update] = [given(context, inputs, 0), given(context, inputs, 1)];
    const data = past.data.slice();
    for (const [k, at] of cacheTargets(context, past, update, inputs[2]).entries()) data[at] = update.data[k]!;
    return [like(past, data)];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    if (!dy) return [];
    const [past, update] = [given(context, context.inputs, 0), given(context, context.inputs, 1)];
    const targets = cacheTargets(context, past, update, context.inputs[2]);
    const kept = dy.slice();
    for (const at of targets) kept[at] = 0;
    return [cotangentOf(past, kept), cotangentOf(update, gathered(dy, targets))];
  },
};

/** past: […, max length, …], update: […, length, …] along `axis`; the batch is the first axis. */
function cacheTargets(context: OperatorContext, past: Value, update: Value, starts: Value | undefined): Int32Array {
  const rank = past.shape.length;
  const named = intAttribute(context.attributes, 'axis', -2);
  const axis = named < 0 ? named + rank : named;
  const circular = stringAttribute(context.attributes, 'mode', 'linear') === 'circular';
  const longest = past.shape[axis]!;
  const inner = past.shape.slice(axis + 1).reduce((n, d) => n * d, 1);
  const length = update.shape[axis]!;
  const perBatch = update.data.length / past.shape[0]!;
  return Int32Array.from(update.data, (_, k) => {
    const start = starts?.data[Math.floor(k / perBatch)] ?? 0;
    const line = Math.floor(k / inner);
    const at = start + (line % length);
    if (!(at < longest) && !circular) {
      return refuse(
        context,
        `position ${at} is beyond the cache of ${longest}`,
        'Use mode "circular", or a longer cache.',
      );
    }
    return (Math.floor(line / length) * longest + (at % longest)) * inner + (k % inner);
  });
}
