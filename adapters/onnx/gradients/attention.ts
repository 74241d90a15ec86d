import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { attentionGradient } from './_attention.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/**
 * ai.onnx Attention (23, 24): Q, K, V, mask, past key, past value, lengths of what is not padding.
 * The order is scores, softcap, mask, softmax; a causal query i sees keys up to i + the length of the past.
 */
export const attention: GradientRule = {
  op: 'Attention',
  gradient(context) {
    const plan = planOf(context);
    const { math, sizes } = plan;
    const [dy, dKey, dValue, dScores] = context.cotangents;
    const stage = intAttribute(context.attributes, 'qk_matmul_output_mode', 0);
    const scores = dScores === undefined ? undefined : math.reshape(dScores, plan.scores);
    const at = (k: number): string | undefined => (stage === k ? scores : undefined);
    const y = dy === undefined ? undefined : groupHeads(plan, splitHeads(plan, dy, 0, sizes.valueWidth));
    const [k, v] = [keysOf(plan, 1), keysOf(plan, 2)];
    const arriving = { y, raw: at(0), capped: at(1), biased: at(2), probability: at(3) };
    const found =
      y === undefined && scores === undefined
        ? undefined
        : attentionGradient(math, { q: queriesOf(plan), k, v, ...plan.mask, ...plan.options }, arriving);
    const keys = divided(plan, found?.k, dKey, 1);
    const values = divided(plan, found?.v, dValue, 2);
    return [
      found === undefined ? undefined : joinHeads(plan, ungroup(plan, found.q), 0),
      keys.own,
      values.own,
      context.needs(3) ? biasGradient(plan, found?.scores) : undefined,
      keys.past,
      values.past,
    ];
  },
};

interface Sizes {
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

interface Plan {
  readonly context: GradientContext;
  readonly math: TensorMath;
  readonly sizes: Sizes;
  /** [batch, key heads, repeat, queries, keys] */
  readonly scores: Shape;
  readonly mask: { readonly bias?: string | undefined; readonly allowed?: string | undefined };
  readonly options: { readonly scale: number; readonly softcap: number };
}

function planOf(context: GradientContext): Plan {
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

/** [batch, heads, length, width] of a node's input (or of the gradient of one shaped so). */
function splitHeads({ context, math, sizes }: Plan, name: string, slot: number, width: number): string {
  const shape = context.shape(context.inputs[slot] as string);
  if (shape.length === 4) return name;
  const heads = slot === 0 ? sizes.heads : sizes.keyHeads;
  const parts = math.reshape(name, [shape[0] as number, shape[1] as number, heads, width]);
  return math.transpose(parts, [0, 2, 1, 3]);
}

/** The inverse of {@link splitHeads}, to the shape of input `slot`. */
function joinHeads({ context, math }: Plan, name: string, slot: number): string {
  const shape = context.shape(context.inputs[slot] as string);
  return shape.length === 4 ? name : math.reshape(math.transpose(name, [0, 2, 1, 3]), shape);
}

/** [batch, heads, …] → [batch, key heads, repeat, …] */
function groupHeads({ math, sizes }: Plan, name: string): string {
  const { batch, heads, keyHeads, queries } = sizes;
  return math.reshape(name, [batch, keyHeads, heads / keyHeads, queries, -1]);
}

function ungroup({ math, sizes: { batch, heads, queries, width } }: Plan, name: string): string {
  return math.reshape(name, [batch, heads, queries, width]);
}

function queriesOf(plan: Plan): string {
  return groupHeads(plan, splitHeads(plan, plan.context.inputs[0] as string, 0, plan.sizes.width));
}

/** Keys (slot 1) or values (slot 2), behind those of the past: [batch, key heads, 1, keys, width]. */
function keysOf(plan: Plan, slot: 1 | 2): string {
  const { context, math, sizes } = plan;
  const width = slot === 1 ? sizes.width : sizes.valueWidth;
  const own = splitHeads(plan, context.inputs[slot] as string, slot, width);
  const past = context.inputs[slot + 3] ?? '';
  const all = past === '' ? own : math.concat([past, own], 2);
  return math.emitter.emit('Unsqueeze', [all, context.ints([2])]);
}

/** The gradient of all keys or values, with what arrives through the present output, cut into past and own. */
function divided(
  plan: Plan,
  gradient: string | undefined,
  present: string | undefined,
  slot: 1 | 2,
): { own?: string; past?: string } {
  const { math, sizes, context } = plan;
  const flat = gradient === undefined ? undefined : math.emitter.emit('Squeeze', [gradient, context.ints([2])]);
  const parts = [flat, present].filter((part) => part !== undefined);
  if (parts.length === 0) return {};
  const all = parts.reduce((a, b) => math.add(a, b));
  if (sizes.past === 0) return { own: joinHeads(plan, all, slot) };
  const own = math.slice(all, 2, sizes.past, sizes.keys);
  return { own: joinHeads(plan, own, slot), past: math.slice(all, 2, 0, sizes.past) };
}

/** The mask input, seen as [batch or 1, key heads or 1, repeat or 1, queries, keys]. */
function maskView({ context, sizes }: Plan): Shape {
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

function biasGradient(plan: Plan, scores: string | undefined): string | undefined {
  const { context, math } = plan;
  if (scores === undefined) return undefined;
  return math.reshape(
    context.unbroadcast(scores, plan.scores, maskView(plan)),
    context.shape(context.inputs[3] as string),
  );
}
