import { intAttribute } from '../../../harness/attributes.ts';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { GradientRule } from '../rule.ts';
import { headGradients } from './_head-layout.ts';
import { tensorsOf } from './_tensors.ts';

/** ONNX Runtime's own: query, key, value (three axes each), bias of all three, mask, attention bias, past key, past value. */
export const multiHeadAttention: GradientRule = {
  op: 'MultiHeadAttention',
  domain: 'com.microsoft',
  gradient(context) {
    const [q = '', k = '', v = '', shift = '', mask = '', bias = '', pastKey = '', pastValue = ''] = context.inputs;
    const math = tensorsOf(context, context.dtype(q));
    const [batch = 1, queries = 1, hidden = 1] = context.shape(q);
    if (k === '' || v === '' || context.shape(k).length !== 3 || context.shape(v).length !== 3)
      throw packed(context.node.name);
    const heads = intAttribute(context.attributes, 'num_heads', 1);
    const past = pastKey === '' ? 0 : (context.shape(pastKey)[2] as number);
    const outer = context.shape(v)[2] as number;
    const keys = past + (context.shape(k)[1] as number);
    const sizes = { batch, heads, queries, keys, past, width: hidden / heads, valueWidth: outer / heads };
    const ends = [0, hidden, 2 * hidden, 2 * hidden + outer];
    const shifted = [q, k, v].map((name, part) =>
      shift === '' ? name : math.add(name, math.slice(shift, 0, ends[part] as number, ends[part + 1] as number)),
    ) as [string, string, string];
    const [dy, dPresentKey, dPresentValue] = context.cotangents;
    const inputs = {
      q: shifted[0],
      k: shifted[1],
      v: shifted[2],
      mask,
      bias,
      pastKey,
      pastValue,
      dy,
      dPresentKey,
      dPresentValue,
    };
    const found = headGradients(context, math, inputs, sizes);
    const sums = (): string =>
      math.concat(
        [found.q, found.k, found.v].map((d) => math.sum(d, [0, 1], false)),
        0,
      );
    return [
      found.q,
      found.k,
      found.v,
      context.needs(3) ? sums() : undefined,
      undefined,
      context.needs(5) ? found.bias() : undefined,
      found.pastKey,
      found.pastValue,
    ];
  },
};

function packed(place: string): LayerdiffError {
  const reason = 'MultiHeadAttention has a gradient rule only for query, key and value of three axes each';
  return new LayerdiffError('E_NO_GRADIENT', place, reason, 'Give them apart, or compare forward only.');
}
