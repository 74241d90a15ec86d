import { intAttribute, intsAttribute } from '../../../harness/attributes.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { headGradients } from './_head-layout.ts';
import type { TensorMath } from './_tensors.ts';
import { tensorsOf } from './_tensors.ts';

/** ONNX Runtime's own: query, key and value are one product, x · weight + bias. Inputs: x, weight, bias, mask, past, attention bias. */
export const microsoftAttention: GradientRule = {
  op: 'Attention',
  domain: 'com.microsoft',
  gradient(context) {
    const [x = '', weight = '', shift = '', mask = '', past = '', bias = ''] = context.inputs;
    const math = tensorsOf(context, context.dtype(x));
    const [batch = 1, length = 1, inputs = 1] = context.shape(x);
    const { ends, ...sizes } = sizesOf(context, batch, length);
    const product = math.add(math.matmul(x, weight), shift);
    const [q, k, v] = [0, 1, 2].map((part) =>
      math.slice(product, 2, ends[part] as number, ends[part + 1] as number),
    ) as [string, string, string];
    const [pastKey, pastValue] = halves(context, math, past);
    const [dPresentKey, dPresentValue] = halves(context, math, context.cotangents[1] ?? '');
    const found = headGradients(
      context,
      math,
      {
        q,
        k,
        v,
        mask,
        bias,
        pastKey,
        pastValue,
        dy: context.cotangents[0],
        dPresentKey: dPresentKey || undefined,
        dPresentValue: dPresentValue || undefined,
      },
      sizes,
    );
    const d = math.concat([found.q, found.k, found.v], 2);
    const columns = ends[3] as number;
    const flat = (name: string, size: number): string => math.reshape(name, [batch * length, size]);
    const stacked = (): string =>
      math.concat(
        [found.pastKey, found.pastValue].map((half) => context.emit('Unsqueeze', [half as string, context.ints([0])])),
        0,
      );
    return [
      context.needs(0) ? math.matmul(d, math.transpose(weight, [1, 0])) : undefined,
      context.needs(1) ? math.matmul(math.transpose(flat(x, inputs), [1, 0]), flat(d, columns)) : undefined,
      context.needs(2) ? math.sum(d, [0, 1], false) : undefined,
      undefined,
      context.needs(4) ? stacked() : undefined,
      context.needs(5) ? found.bias() : undefined,
    ];
  },
};

function sizesOf(context: GradientContext, batch: number, length: number) {
  const heads = intAttribute(context.attributes, 'num_heads', 1);
  const columns = context.shape(context.inputs[1] as string)[1] as number;
  const third = columns / 3;
  const [q = 0, k = 0, v = 0] = intsAttribute(context.attributes, 'qkv_hidden_sizes', [third, third, third]);
  const given = context.inputs[4] ?? '';
  const past = given === '' ? 0 : (context.shape(given)[3] as number);
  const ends = [0, q, q + k, q + k + v];
  return { ends, batch, heads, queries: length, keys: past + length, past, width: q / heads, valueWidth: v / heads };
}

/** Key and value of a tensor whose first axis counts them; '' for ''. */
function halves(context: GradientContext, math: TensorMath, name: string): [string, string] {
  if (name === '') return ['', ''];
  const squeeze = (k: number): string => context.emit('Squeeze', [math.slice(name, 0, k, k + 1), context.ints([0])]);
  return [squeeze(0), squeeze(1)];
}
