import { intAttribute } from '../attributes.ts';
import { sizeOf } from '../shape.ts';
import { fromNumbers } from '../tensor.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import type { Tensor } from '../types/tensor.ts';
import { isMask, reachesSoftmax } from './_attention.ts';
import { type MovedMask, movedMasks } from './_masks.ts';
import { patch } from './_patch.ts';

/** A mask of attention scores that is left out, shifted, transposed or inverted: as Where, as an Add of very negative numbers, or as an input of Attention. */
export const attentionMask: Rule = {
  id: 'attention-mask',
  ops: ['Where', 'Add', 'Attention'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = maskOf(context);
    if (found === null) return;
    yield {
      cause: 'attention.mask-missing',
      claim: `the ${found.kind} is not applied: every position sees every other`,
      fix: `Apply the ${found.kind} to the scores before the softmax.`,
      specificity: 3,
      edit: found.without,
    };
    for (const moved of movedMasks(found.mask, found.neutral)) {
      yield {
        cause: 'attention.mask-shifted',
        claim: `the ${found.kind} is ${moved.how}`,
        fix: `Check the ${found.kind}'s indices: ${moved.fix}.`,
        specificity: 3,
        edit: found.replaced(moved),
      };
    }
  },
};

interface Masked {
  readonly kind: string;
  readonly mask: Value;
  /** The element that hides nothing. */
  readonly neutral: number;
  readonly without: Edit;
  readonly replaced: (mask: MovedMask) => Edit;
}

function maskOf(context: ForwardContext): Masked | null {
  const { node, wiring } = context;
  if (node.op === 'Attention') return ofOperator(context);
  if (!reachesSoftmax(wiring, node.outputs[0] as string, 0)) return null;
  return node.op === 'Where' ? ofWhere(context) : ofAdd(context);
}

const tensorOf = ({ dtype }: Value, { shape, data }: MovedMask): Tensor =>
  fromNumbers(dtype === 'string' ? 'bool' : dtype, shape, data);

const kindOf = ({ shape }: Value): string =>
  shape.length >= 2 && shape.at(-1) === shape.at(-2) ? 'mask (rows by columns)' : 'mask';

/** Where(condition, −∞, scores) or Where(condition, scores, −∞). */
function ofWhere(context: ForwardContext): Masked | null {
  const { node, inputs, outputs } = context;
  const [condition, yes, no] = inputs;
  const slot = isMask(yes, false) ? 1 : isMask(no, false) ? 2 : 0;
  const scores = inputs[3 - slot];
  if (slot === 0 || condition === undefined || scores === undefined) return null;
  const p = patch(context);
  const same = scores.data.length === outputs[0]?.data.length;
  const kept = node.inputs[3 - slot] as string;
  const without = p.edit(same ? kept : p.emit('Expand', [kept, p.ints(outputs[0]?.shape ?? [])]));
  const replaced = (moved: MovedMask): Edit => {
    const q = patch(context);
    const name = q.constant(tensorOf(condition, moved));
    return q.edit(q.emit('Where', [name, node.inputs[1] as string, node.inputs[2] as string]));
  };
  return { kind: kindOf(condition), mask: condition, neutral: slot === 1 ? 0 : 1, without, replaced };
}

/** scores + mask, the mask being 0 or very negative. */
function ofAdd(context: ForwardContext): Masked | null {
  const { node, inputs, outputs } = context;
  const slot = isMask(inputs[1], true) ? 1 : isMask(inputs[0], true) ? 0 : -1;
  const mask = inputs[slot];
  if (mask === undefined || inputs[1 - slot]?.data.length !== outputs[0]?.data.length) return null;
  const scores = node.inputs[1 - slot] as string;
  const p = patch(context);
  const replaced = (moved: MovedMask): Edit => {
    const q = patch(context);
    return q.edit(q.emit('Add', [scores, q.constant(tensorOf(mask, moved))]));
  };
  return { kind: kindOf(mask), mask, neutral: 0, without: p.edit(scores), replaced };
}

/** The mask input of Attention, or its own causal mask. */
function ofOperator(context: ForwardContext): Masked | null {
  const { node, inputs, attributes, same } = context;
  const causal = intAttribute(attributes, 'is_causal', 0) !== 0;
  const mask = inputs[3] ?? (causal ? causalMask(context) : undefined);
  if (mask === undefined) return null;
  const own = inputs[3] !== undefined;
  const off = { is_causal: { kind: 'int', value: 0 } } as const;
  const without = own ? same({ drop: [3] }) : same({ attributes: off });
  const replaced = (moved: MovedMask): Edit => {
    const name = context.fresh('mask');
    const constants = new Map([[name, tensorOf(mask, moved)]]);
    const names = Array.from({ length: Math.max(4, node.inputs.length) }, (_, i) => node.inputs[i] ?? '');
    names[3] = name;
    const changed = own ? attributes : { ...attributes, ...off };
    return { nodes: [{ ...node, inputs: names, attributes: changed }], constants };
  };
  return { kind: own ? kindOf(mask) : 'causal mask', mask, neutral: mask.dtype === 'bool' ? 1 : 0, without, replaced };
}

/** 1 where a row may look: columns up to its own, counted from the end of what came before. */
function causalMask({ inputs }: ForwardContext): Value | undefined {
  const [q, k] = inputs;
  if (q === undefined || k === undefined) return undefined;
  const axis = q.shape.length === 3 ? 1 : 2;
  const past = inputs[4]?.shape[2] ?? 0;
  const [rows, columns] = [q.shape[axis] as number, (k.shape[axis] as number) + past];
  const data = Float64Array.from({ length: sizeOf([rows, columns]) }, (_, i) =>
    i % columns <= Math.floor(i / columns) + past ? 1 : 0,
  );
  return { dtype: 'bool', shape: [rows, columns], data };
}
