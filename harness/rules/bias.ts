import { sizeOf, stridesOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { draftOf, range, reshape } from './_draft.ts';
import { isParameter } from './_graph.ts';
import { hasOwnRole } from './_roles.ts';

/** A bias that is left out, added twice, or laid along the wrong axis: a bias input, or an Add of its own. */
export const bias: Rule = {
  id: 'bias',
  ops: ['Gemm', 'Conv', 'ConvTranspose', 'Add'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const slot = hasOwnRole(context) ? null : slotOfBias(context);
    const value = slot === null ? undefined : context.inputs[slot];
    if (slot === null || value === undefined) return;
    const name = context.node.inputs[slot] as string;
    const told = { specificity: 3 as const };
    yield {
      ...told,
      cause: 'bias.missing',
      claim: `the bias "${name}" is not added`,
      fix: `Add the bias "${name}".`,
      edit: without(context, slot),
    };
    yield {
      ...told,
      cause: 'bias.doubled',
      claim: `the bias "${name}" is added twice`,
      fix: `Add the bias "${name}" once.`,
      edit: doubled(context, slot),
    };
    for (const { edit, along } of misplaced(context, slot, value)) {
      yield {
        ...told,
        cause: 'bias.axis',
        claim: `the bias "${name}" is added along ${along}`,
        fix: `Index the bias "${name}" by the output channel: ${value.data.length} numbers, one a channel.`,
        edit,
      };
    }
  },
};

/** Where a node takes its bias: its third input, or the operand of an Add that is a small parameter. */
function slotOfBias(context: ForwardContext): number | null {
  const { node, inputs, outputs } = context;
  if (node.op !== 'Add') return inputs[2] === undefined ? null : 2;
  const size = outputs[0]?.data.length ?? 0;
  const slot = node.inputs.findIndex((name, i) => isParameter(context, name) && (inputs[i]?.data.length ?? 0) < size);
  const other = node.inputs[1 - slot];
  return slot < 0 || other === undefined || isParameter(context, other) ? null : slot;
}

function without(context: ForwardContext, slot: number): Edit {
  if (context.node.op !== 'Add') return context.same({ drop: [slot] });
  return draftOf(context).done(context.node.inputs[1 - slot] as string);
}

function doubled(context: ForwardContext, slot: number): Edit {
  const draft = draftOf(context);
  const name = context.node.inputs[slot] as string;
  const twice = draft.node('Add', [name, name]);
  const { nodes } = context.same({ inputs: { [slot]: twice } });
  const made = draft.done(twice);
  return { nodes: [...made.nodes.slice(0, -1), ...nodes], ...(made.constants && { constants: made.constants }) };
}

/** The bias along every axis that is not its own, read as a loop with the wrong index would: number i, counted modulo its length. */
function* misplaced(context: ForwardContext, slot: number, value: Value): Iterable<{ edit: Edit; along: string }> {
  const shape = context.outputs[0]?.shape ?? [];
  const length = value.data.length;
  if (length < 2 || sizeOf(shape) < 2) return;
  const strides = stridesOf(shape);
  const own = ownAxis(context, value);
  for (const axis of range(shape.length)) {
    const size = shape[axis] as number;
    if (axis === own || size < 2) continue;
    const places = range(size).map((i) => i % length);
    const laid = shape.map((_, a) => (a === axis ? size : 1));
    yield { edit: laidOut(context, slot, places, laid), along: `axis ${axis} (of ${size})` };
  }
  if (own !== shape.length - 1 && (strides[own] ?? 1) > 1) {
    const flat = range(sizeOf(shape)).map((i) => i % length);
    yield { edit: laidOut(context, slot, flat, shape), along: 'the elements as they lie in memory' };
  }
}

/** The axis of the output along which the bias belongs. */
function ownAxis({ node, outputs }: ForwardContext, value: Value): number {
  const rank = outputs[0]?.shape.length ?? 0;
  if (node.op === 'Conv' || node.op === 'ConvTranspose') return 1;
  return rank - value.shape.length + value.shape.findIndex((size) => size > 1);
}

function laidOut(context: ForwardContext, slot: number, places: readonly number[], shape: readonly number[]): Edit {
  const { node } = context;
  const draft = draftOf(context);
  const flat = reshape(draft, node.inputs[slot] as string, [-1]);
  const picked = draft.node('Gather', [flat, draft.constant('int64', [places.length], places)]);
  const placed = reshape(draft, picked, shape);
  const plain =
    node.op === 'Add'
      ? (node.inputs[1 - slot] as string)
      : draft.node(node.op, node.inputs.slice(0, slot), node.attributes, node.domain);
  return draft.done(draft.node('Add', [plain, placed]));
}
