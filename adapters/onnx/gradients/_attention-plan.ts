import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { GradientContext } from '../rule.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/** The sizes of an Attention node. */
export interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly queries: number;
  /** Of the past and now together. */
  readonly keys: number;
  readonly past: number;
  readonly width: number;
  readonly valueWidth: number;
}

/** An Attention node, read. */
export interface Plan {
  readonly context: GradientContext;
  readonly math: TensorMath;
  readonly sizes: Sizes;
  /** [batch, key heads, repeat, queries, keys] */
  readonly scores: Shape;
  readonly mask: { readonly bias?: string | undefined; readonly allowed?: string | undefined };
  readonly options: { readonly scale: number; readonly softcap: number };
}

/** Reads it. */
export function planOf(context: GradientContext): Plan {
  const sizes = sizesOf(context);
  const { batch, heads, keyHeads, queries, keys, width } = sizes;
  const scale = floatAttribute(context.attributes, 'scale', 0);
  const bare = {
    context,
    sizes,
    math: tensorsOf(context, context.dtype(context.inputs[0] as string)),
    scores: [batch, keyHeads, heads / keyHeads, queries, keys],
    options: {
      scale: context.attributes['scale'] === undefined ? 1 / Math.sqrt(width) : scale,
      softcap: floatAttribute(context.attributes, 'softcap', 0),
    },
  };
  return { ...bare, mask: maskOf({ ...bare, mask: {} }) };
}

function sizesOf(context: GradientContext): Sizes {
  const [q, k, v] = [0, 1, 2].map((slot) => context.shape(context.inputs[slot] as string)) as [Shape, Shape, Shape];
  const past = context.inputs[4] ? (context.shape(context.inputs[4])[2] as number) : 0;
  const at = (shape: Shape, axis: number): number => shape[axis] as number;
  if (q.length === 4) {
    const [batch, heads, keyHeads] = [at(q, 0), at(q, 1), at(k, 1)];
    const keys = past + at(k, 2);
    return { batch, heads, keyHeads, queries: at(q, 2), keys, past, width: at(q, 3), valueWidth: at(v, 3) };
  }
  const heads = intAttribute(context.attributes, 'q_num_heads', 1);
  const keyHeads = intAttribute(context.attributes, 'kv_num_heads', 1);
  const [batch, queries, keys] = [at(q, 0), at(q, 1), past + at(k, 1)];
  return { batch, heads, keyHeads, queries, keys, past, width: at(q, 2) / heads, valueWidth: at(v, 2) / keyHeads };
}

/** The mask input, seen as [batch or 1, key heads or 1, repeat or 1, queries, keys]. */
export function maskView({ context, sizes }: Plan): Shape {
  const given = context.shape(context.inputs[3] as string);
  const [batch = 1, heads = 1, rows = 1, columns = 1] = [...range(4 - given.length).fill(1), ...given];
  const grouped = heads === 1 ? [1, 1] : [sizes.keyHeads, sizes.heads / sizes.keyHeads];
  return [batch, ...grouped, rows, columns];
}

function maskOf(plan: Plan): Plan['mask'] {
  const { context, math } = plan;
  const given = context.inputs[3] ?? '';
  const view = given === '' ? '' : math.reshape(given, maskView(plan));
  const isBool = given !== '' && context.dtype(given) === 'bool';
  const allowed = [isBool ? view : undefined, lengthMask(plan), causalMask(plan)].filter((part) => part !== undefined);
  return {
    bias: given === '' || isBool ? undefined : view,
    allowed: allowed.length === 0 ? undefined : allowed.reduce((a, b) => math.and(a, b)),
  };
}

const int64 = (context: GradientContext, shape: Shape, values: readonly number[]): string =>
  context.constant(fromNumbers('int64', shape, values));

/** Keys before the end of what is not padding: [batch, 1, 1, 1, keys]. */
function lengthMask(plan: Plan): string | undefined {
  const { context, math, sizes } = plan;
  const lengths = context.inputs[6] ?? '';
  if (lengths === '') return undefined;
  return math.less(int64(context, [sizes.keys], range(sizes.keys)), math.reshape(lengths, [sizes.batch, 1, 1, 1, 1]));
}

/** Keys up to the query's own: the queries are the last of the past and now, or of what is not padding. */
function causalMask(plan: Plan): string | undefined {
  const { context, math, sizes } = plan;
  if (intAttribute(context.attributes, 'is_causal', 0) !== 1) return undefined;
  const { keys, queries, past } = sizes;
  const lengths = context.inputs[6] ?? '';
  const rows = int64(context, [queries, 1], range(queries, lengths === '' ? past : -queries));
  const last = lengths === '' ? rows : math.add(rows, math.reshape(lengths, [sizes.batch, 1, 1, 1, 1]));
  return math.lessOrEqual(int64(context, [keys], range(keys)), last);
}
