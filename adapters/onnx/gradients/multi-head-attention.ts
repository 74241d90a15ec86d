import { intAttribute } from '../../../harness/attributes.ts';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import type { HeadInputs, HeadSizes } from './_head-layout.ts';
import { headGradients } from './_head-layout.ts';
import type { TensorMath } from './_tensors.ts';
import { tensorsOf } from './_tensors.ts';

/** ONNX Runtime's own: query, key, value (three axes each), bias of all three, mask, attention bias, past key, past value. */
export const multiHeadAttention: GradientRule = {
  op: 'MultiHeadAttention',
  domain: 'com.microsoft',
  gradient(context) {
    const math = tensorsOf(context, context.dtype(context.inputs[0] as string));
    const found = headGradients(context, math, partsOf(context, math), sizesOf(context));
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

function sizesOf(context: GradientContext): HeadSizes {
  const [q = '', k = '', v = '', , , , pastKey = ''] = context.inputs;
  if (k === '' || v === '' || context.shape(k).length !== 3 || context.shape(v).length !== 3)
    throw packed(context.node.name);
  const [batch = 1, queries = 1, hidden = 1] = context.shape(q);
  const [, length = 1, outer = 1] = context.shape(v);
  const heads = intAttribute(context.attributes, 'num_heads', 1);
  const past = pastKey === '' ? 0 : (context.shape(pastKey)[2] as number);
  return { batch, heads, queries, keys: past + length, past, width: hidden / heads, valueWidth: outer / heads };
}

/** Query, key and value, each with its part of the bias. */
function partsOf(context: GradientContext, math: TensorMath): HeadInputs {
  const [q = '', k = '', v = '', shift = '', mask = '', bias = '', pastKey = '', pastValue = ''] = context.inputs;
  const { heads, width, valueWidth } = sizesOf(context);
  const [hidden, outer] = [heads * width, heads * valueWidth];
  const shifted = (name: string, from: number, to: number): string =>
    shift === '' ? name : math.add(name, math.slice(shift, 0, from, to));
  const [dy, dPresentKey, dPresentValue] = context.cotangents;
  return {
    q: shifted(q, 0, hidden),
    k: shifted(k, hidden, 2 * hidden),
    v: shifted(v, 2 * hidden, 2 * hidden + outer),
    mask,
    bias,
    pastKey,
    pastValue,
    dy,
    dPresentKey,
    dPresentValue,
  };
}

function packed(place: string): LayerdiffError {
  const reason = 'MultiHeadAttention has a gradient rule only for query, key and value of three axes each';
  return new LayerdiffError('E_NO_GRADIENT', place, reason, 'Give them apart, or compare forward only.');
}
