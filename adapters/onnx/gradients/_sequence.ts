import { intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { GradientContext } from '../rule.ts';
import { int } from '../rule.ts';
import type { Cell, State } from './_cell.ts';
import { zeros } from './_index.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/** The sizes and the course of a recurrent node. */
export interface Plan {
  readonly math: TensorMath;
  readonly batchFirst: boolean;
  readonly directions: number;
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
  /** int64 lengths; undefined where all sequences are full. */
  readonly lengths: string | undefined;
  readonly reversed: (direction: number) => boolean;
}

/** Reads it from the node. */
export function planOf(context: GradientContext): Plan {
  const [x = '', , recurrence = '', , lengths = ''] = context.inputs;
  const math = tensorsOf(context, context.dtype(x));
  const batchFirst = intAttribute(context.attributes, 'layout', 0) === 1;
  const [a = 0, b = 0, inputs = 0] = context.shape(x);
  const [steps, batch] = batchFirst ? [b, a] : [a, b];
  const direction = stringAttribute(context.attributes, 'direction', 'forward');
  const known = lengths === '' ? undefined : context.maybeKnown(lengths);
  const full = lengths === '' || (known !== undefined && toNumbers(known).every((length) => length === steps));
  return {
    math,
    batchFirst,
    directions: direction === 'bidirectional' ? 2 : 1,
    steps,
    batch,
    inputs,
    hidden: context.shape(recurrence)[2] as number,
    lengths: full ? undefined : math.cast(lengths, 'int64'),
    reversed: (k) => direction === 'reverse' || k === 1,
  };
}

/** [steps, batch, 1], true where the sequence has not ended. */
export function maskOf(context: GradientContext, { lengths, math, steps, batch }: Plan): string | undefined {
  if (lengths === undefined) return undefined;
  const now = context.constant(fromNumbers('int64', [steps, 1], range(steps)));
  return math.reshape(context.emit('Less', [now, lengths]), [steps, batch, 1]);
}

/** One direction's part of a tensor whose axis `axis` counts directions; that axis goes. */
function partOf(context: GradientContext, name: string, direction: number, axis = 0): string {
  return context.emit('Gather', [name, context.constant(fromNumbers('int64', [], [direction]))], { axis: int(axis) });
}

/** What one direction computes with: x with time first, in the order of its steps, and the direction's own parameters. */
export function parametersOf(context: GradientContext, plan: Plan, cell: Cell, direction: number) {
  const [x = '', weight = '', recurrence = '', bias = '', , , , peephole = ''] = context.inputs;
  const { math, batchFirst, hidden } = plan;
  const timeFirst = batchFirst ? math.transpose(x, [1, 0, 2]) : x;
  const both = bias === '' ? undefined : partOf(context, bias, direction);
  const rows = cell.gates * hidden;
  return {
    math,
    hidden,
    x: turn(context, plan, timeFirst, direction),
    weight: partOf(context, weight, direction),
    recurrence: partOf(context, recurrence, direction),
    inputBias: both === undefined ? undefined : math.slice(both, 0, 0, rows),
    bias: both === undefined ? undefined : math.slice(both, 0, rows, 2 * rows),
    peephole: peephole === '' ? undefined : partOf(context, peephole, direction),
  };
}

/** Gradients of Y ([steps, batch, hidden], in the order of the steps), of the last hidden state and of the last cell. */
export function outputGradients(
  context: GradientContext,
  plan: Plan,
  direction: number,
): [string | undefined, string, string] {
  const { math, batchFirst, batch, hidden } = plan;
  const [dy, dHidden, dCell] = context.cotangents;
  const nothing = zeros(context, [batch, hidden], math.dtype);
  const state = (name: string | undefined): string =>
    name === undefined ? nothing : partOf(context, name, direction, batchFirst ? 1 : 0);
  const last = [state(dHidden), context.node.op === 'LSTM' ? state(dCell) : ''] as const;
  if (dy === undefined) return [undefined, ...last];
  const single = partOf(context, dy, direction, batchFirst ? 2 : 1);
  return [turn(context, plan, batchFirst ? math.transpose(single, [1, 0, 2]) : single, direction), ...last];
}

/** The state before the first step: zeros where none is given. */
export function initialState(context: GradientContext, plan: Plan, direction: number): State {
  const [, , , , , hidden = '', cell = ''] = context.inputs;
  const axis = plan.batchFirst ? 1 : 0;
  const read = (name: string): string =>
    name === '' ? zeros(context, [plan.batch, plan.hidden], plan.math.dtype) : partOf(context, name, direction, axis);
  return { hidden: read(hidden), cell: context.node.op === 'LSTM' ? read(cell) : '' };
}

/** Reverses the time of a [steps, batch, …] tensor in the direction that runs backwards: each sequence within its own length. */
export function turn(context: GradientContext, plan: Plan, name: string, direction: number): string {
  if (!plan.reversed(direction)) return name;
  const lengths = plan.lengths ?? context.ints(range(plan.batch).fill(plan.steps));
  return context.emit('ReverseSequence', [name, lengths], { time_axis: int(0), batch_axis: int(1) });
}
