import { intAttribute, intsAttribute } from '../../../harness/attributes.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import type { HeadInputs } from './_head-layout.ts';
import { headGradients } from './_head-layout.ts';
import type { TensorMath } from './_tensors.ts';
import { tensorsOf } from './_tensors.ts';

/** ONNX Runtime's own: query, key and value are one product, x · weight + bias. Inputs: x, weight, bias, mask, past, attention bias. */
export const microsoftAttention: GradientRule = {
  op: 'Attention',
  domain: 'com.microsoft',
  gradient(context) {
    const [x = '', weight = ''] = context.inputs;
    const math = tensorsOf(context, context.dtype(x));
    const [batch = 1, length = 1, inputs = 1] = context.shape(x);
    const { ends, ...sizes } = sizesOf(context, batch, length);
    const found = headGradients(context, math, partsOf(context, math, ends), sizes);
    const d = math.concat([found.q, found.k, found.v], 2);
    const rows = (name: string, size: number): string => math.reshape(name, [batch * length, size]);
    const wide = (half: string | undefined): string => context.emit('Unsqueeze', [half as string, context.ints([0])]);
    const product = (): string => math.matmul(math.transpose(rows(x, inputs), [1, 0]), rows(d, ends[3] as number));
    return [
      context.needs(0) ? math.matmul(d, math.transpose(weight, [1, 0])) : undefined,
      context.needs(1) ? product() : undefined,
      context.needs(2) ? math.sum(d, [0, 1], false) : undefined,
      undefined,
      context.needs(4) ? math.concat([found.pastKey, found.pastValue].map(wide), 0) : undefined,
      context.needs(5) ? found.bias() : undefined,
    ];
  },
};

/** The product cut into query, key and value; past and present into theirs. */
function partsOf(context: GradientContext, math: TensorMath, ends: readonly number[]): HeadInputs {
  const [x = '', weight = '', shift = '', mask = '', past = '', bias = ''] = context.inputs;
  const product = math.add(math.matmul(x, weight), shift);
  const part = (k: number): string => math.slice(product, 2, ends[k] as number, ends[k + 1] as number);
  const [pastKey, pastValue] = halves(context, math, past);
  const [dKey, dValue] = halves(context, math, context.cotangents[1] ?? '');
  const present = { dPresentKey: dKey || undefined, dPresentValue: dValue || undefined };
  return { q: part(0), k: part(1), v: part(2), mask, bias, pastKey, pastValue, dy: context.cotangents[0], ...present };
}

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
