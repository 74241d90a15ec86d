import { intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { GradientContext } from '../rule.ts';
import { int } from '../rule.ts';
import type { Activation } from './_activations.ts';
import { activationsOf } from './_activations.ts';
import { zeros } from './_index.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/** What a cell carries from step to step. `cell` is the empty string but in an LSTM. Each [batch, hidden]. */
export interface State {
  readonly hidden: string;
  readonly cell: string;
}

/** Gradients that one step hands on. */
export interface StepGradient {
  /** Of the projected input: [batch, gates · hidden]. */
  readonly projected: string;
  /** What multiplied each block of rows of the recurrence weight (in order), and the gradient of the product. */
  readonly recurrent: readonly { readonly gradient: string; readonly input: string }[];
  /** Of the state before the step. */
  readonly before: State;
  /** Of the peephole weights before summing over the batch: [batch, 3 · hidden]. */
  readonly peephole?: string;
}

/** One step forward, with the way back. */
export interface Step {
  readonly after: State;
  back(d: State): StepGradient;
}

/** The parameters of one direction, as a cell sees them; absent ones are undefined. */
export interface CellParameters {
  readonly math: TensorMath;
  readonly hidden: number;
  /** [gates · hidden, hidden] */
  readonly recurrence: string;
  /** [gates · hidden] */
  readonly bias: string | undefined;
  /** [3 · hidden] */
  readonly peephole: string | undefined;
  readonly activations: readonly Activation[];
}

/** A kind of recurrent cell. */
export interface Cell {
  readonly gates: number;
  readonly activations: readonly string[];
  /** Prepares what all steps share, and returns the step function. `projected`: x · Wᵀ + its bias, [batch, gates · hidden]. */
  start(context: GradientContext, parameters: CellParameters): (projected: string, before: State) => Step;
}

/**
 * Back-propagation through time: the forward run is unrolled again from the node's inputs, step by step, and walked back.
 * Directions, layout, sequence_lens, initial states and the gradients of all outputs are settled here; the cell knows one step.
 *
 * @returns gradients in the order of the LSTM's inputs: X, W, R, B, –, h₀, c₀, P
 */
export function recurrentGradient(context: GradientContext, cell: Cell): (string | undefined)[] {
  const plan = planOf(context);
  const runs = Array.from({ length: plan.directions }, (_, direction) => runDirection(context, plan, cell, direction));
  const { math, batchFirst } = plan;
  const joined = (pick: (run: DirectionGradient) => string | undefined, slot: number): string | undefined => {
    const parts = runs.map(pick);
    if (!context.needs(slot) || parts.some((part) => part === undefined)) return undefined;
    return math.concat(
      parts.map((part) => context.emit('Unsqueeze', [part as string, context.ints([0])])),
      0,
    );
  };
  const state = (name: string | undefined): string | undefined =>
    name !== undefined && batchFirst ? math.transpose(name, [1, 0, 2]) : name;
  const dx = runs.map((run) => run.x()).reduce((a, b) => math.add(a, b));
  return [
    batchFirst ? math.transpose(dx, [1, 0, 2]) : dx,
    joined((run) => run.weight(), 1),
    joined((run) => run.recurrence(), 2),
    joined((run) => run.bias(), 3),
    undefined,
    state(joined((run) => run.before.hidden, 5)),
    state(joined((run) => run.before.cell || undefined, 6)),
    joined((run) => run.peephole(), 7),
  ];
}

interface Plan {
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

function planOf(context: GradientContext): Plan {
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

interface DirectionGradient {
  readonly before: State;
  x(): string;
  weight(): string;
  recurrence(): string;
  bias(): string;
  peephole(): string | undefined;
}

function runDirection(context: GradientContext, plan: Plan, cell: Cell, direction: number): DirectionGradient {
  const { math, steps, batch, inputs } = plan;
  const parameters = parametersOf(context, plan, cell, direction);
  const { x, weight, inputBias } = parameters;
  const flat = math.reshape(x, [steps * batch, inputs]);
  const product = math.matmul(flat, math.transpose(weight, [1, 0]));
  const projected = splitSteps(plan, inputBias === undefined ? product : math.add(product, inputBias));
  const walk = walkThrough(context, plan, cell.start(context, parameters), projected, direction);
  const stacked = math.concat(
    walk.gradients.map((g) => g.projected),
    0,
  );
  const blocks = (walk.gradients[0] as StepGradient).recurrent.map((_, block) => ({
    gradient: math.concat(
      walk.gradients.map((g) => g.recurrent[block]?.gradient as string),
      0,
    ),
    input: math.concat(
      walk.gradients.map((g) => g.recurrent[block]?.input as string),
      0,
    ),
  }));
  const transposed = (name: string): string => math.transpose(name, [1, 0]);
  return {
    before: walk.before,
    x: () => turn(context, plan, math.reshape(math.matmul(stacked, weight), [steps, batch, inputs]), direction),
    weight: () => math.matmul(transposed(stacked), flat),
    recurrence: () =>
      math.concat(
        blocks.map((b) => math.matmul(transposed(b.gradient), b.input)),
        0,
      ),
    bias: () =>
      math.concat(
        [stacked, ...blocks.map((b) => b.gradient)].map((g) => math.sum(g, [0], false)),
        0,
      ),
    peephole: () =>
      walk.gradients[0]?.peephole === undefined
        ? undefined
        : math.sum(
            math.concat(
              walk.gradients.map((g) => g.peephole as string),
              0,
            ),
            [0],
            false,
          ),
  };
}

interface Walk {
  readonly before: State;
  /** In order of time. */
  readonly gradients: readonly StepGradient[];
}

/** All steps forward, then back. Where a sequence has ended, its state stays and its output is 0. */
function walkThrough(
  context: GradientContext,
  plan: Plan,
  step: (projected: string, before: State) => Step,
  projected: readonly string[],
  direction: number,
): Walk {
  const { math, steps } = plan;
  const [dy, dHidden, dCell] = outputGradients(context, plan, direction);
  const select = (mask: string | undefined, x: string, y: string | number): string =>
    mask === undefined || x === '' ? x : math.where(mask, x, y);
  const masks = projected.map((_, t) => maskOf(context, plan, t));
  let state = initialState(context, plan, direction);
  const walked = projected.map((x, t) => {
    const taken = step(x, state);
    const mask = masks[t];
    state = {
      hidden: select(mask, taken.after.hidden, state.hidden),
      cell: select(mask, taken.after.cell, state.cell),
    };
    return taken;
  });
  const gradients: StepGradient[] = [];
  let d: State = { hidden: dHidden, cell: dCell };
  for (let t = steps - 1; t >= 0; t--) {
    const mask = masks[t];
    const hidden = dy === undefined ? d.hidden : math.add(d.hidden, dy[t] as string);
    const made = (walked[t] as Step).back({ hidden: select(mask, hidden, 0), cell: select(mask, d.cell, 0) });
    gradients[t] = made;
    d = { hidden: select(mask, made.before.hidden, d.hidden), cell: select(mask, made.before.cell, d.cell) };
  }
  return { before: d, gradients };
}

/** Parts [batch, n] of [steps · batch, n]. */
function splitSteps(plan: Plan, name: string): readonly string[] {
  const { math, steps } = plan;
  return steps === 1
    ? [name]
    : math.emitter.emitMany('Split', [name], steps, { axis: int(0), num_outputs: int(steps) });
}

/** [batch, 1], true where the sequence has not ended at step t. */
function maskOf(context: GradientContext, plan: Plan, t: number): string | undefined {
  if (plan.lengths === undefined) return undefined;
  const now = context.constant(fromNumbers('int64', [], [t]));
  return plan.math.reshape(context.emit('Less', [now, plan.lengths]), [plan.batch, 1]);
}

/** One direction's part of a tensor whose axis `axis` counts directions; that axis goes. */
function partOf(context: GradientContext, name: string, direction: number, axis = 0): string {
  return context.emit('Gather', [name, context.constant(fromNumbers('int64', [], [direction]))], { axis: int(axis) });
}

function parametersOf(context: GradientContext, plan: Plan, cell: Cell, direction: number) {
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
    activations: activationsOf(context, math, cell.activations, direction),
  };
}

/** Gradients of Y by step (each [batch, hidden]), of the last hidden state and of the last cell. */
function outputGradients(
  context: GradientContext,
  plan: Plan,
  direction: number,
): [readonly string[] | undefined, string, string] {
  const { math, batchFirst, steps, batch, hidden } = plan;
  const [dy, dHidden, dCell] = context.cotangents;
  const nothing = zeros(context, [batch, hidden], math.dtype);
  const state = (name: string | undefined): string =>
    name === undefined ? nothing : partOf(context, name, direction, batchFirst ? 1 : 0);
  const last = [state(dHidden), context.node.op === 'LSTM' ? state(dCell) : ''] as const;
  if (dy === undefined) return [undefined, ...last];
  const single = partOf(context, dy, direction, batchFirst ? 2 : 1);
  const timeFirst = turn(context, plan, batchFirst ? math.transpose(single, [1, 0, 2]) : single, direction);
  return [splitSteps(plan, math.reshape(timeFirst, [steps * batch, hidden])), ...last];
}

function initialState(context: GradientContext, plan: Plan, direction: number): State {
  const [, , , , , hidden = '', cell = ''] = context.inputs;
  const axis = plan.batchFirst ? 1 : 0;
  const read = (name: string): string =>
    name === '' ? zeros(context, [plan.batch, plan.hidden], plan.math.dtype) : partOf(context, name, direction, axis);
  return { hidden: read(hidden), cell: context.node.op === 'LSTM' ? read(cell) : '' };
}

/** Reverses the time of a [steps, batch, …] tensor in the direction that runs backwards: each sequence within its own length. */
function turn(context: GradientContext, plan: Plan, name: string, direction: number): string {
  if (!plan.reversed(direction)) return name;
  const lengths = plan.lengths ?? context.ints(range(plan.batch).fill(plan.steps));
  return context.emit('ReverseSequence', [name, lengths], { time_axis: int(0), batch_axis: int(1) });
}

/** Splits [batch, count · hidden] into its gates. */
export function splitGates(math: TensorMath, name: string, count: number): readonly string[] {
  return math.emitter.emitMany('Split', [name], count, { axis: int(-1), num_outputs: int(count) });
}
