import { intAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import { attentionGradient } from './_attention.ts';
import type { Plan } from './_attention-plan.ts';
import { maskView, planOf } from './_attention-plan.ts';

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

function biasGradient(plan: Plan, scores: string | undefined): string | undefined {
  const { context, math } = plan;
  if (scores === undefined) return undefined;
  return math.reshape(
    context.unbroadcast(scores, plan.scores, maskView(plan)),
    context.shape(context.inputs[3] as string),
  );
}
