import type { GradientContext } from '../rule.ts';
import { activationsOf } from './_activations.ts';
import type { Cell, State, StepGradient, StepTools, TakeStep } from './_cell.ts';
import type { Entering, Scanned } from './_scan.ts';
import { scan } from './_scan.ts';
import type { Plan } from './_sequence.ts';
import { initialState, maskOf, outputGradients, parametersOf, planOf, turn } from './_sequence.ts';
import { range, tensorsOf } from './_tensors.ts';

/**
 * Back-propagation through time: the states are computed again from the node's inputs by a Scan, and a second one walks back.
 * Directions, layout, sequence_lens, initial states and the gradients of all outputs are settled here; the cell knows one step.
 *
 * @returns gradients in the order of the LSTM's inputs: X, W, R, B, –, h₀, c₀, P
 */
export function recurrentGradient(context: GradientContext, cell: Cell): (string | undefined)[] {
  const plan = planOf(context);
  const runs = Array.from({ length: plan.directions }, (_, direction) => runDirection(context, plan, cell, direction));
  const { math, batchFirst } = plan;
  const joined = (pick: (run: DirectionGradient) => string | undefined, slot: number): string | undefined => {
    if (!context.needs(slot)) return undefined;
    const parts = runs.map(pick);
    if (parts.some((part) => part === undefined)) return undefined;
    return math.concat(
      parts.map((part) => context.emit('Unsqueeze', [part as string, context.ints([0])])),
      0,
    );
  };
  const state = (name: string | undefined): string | undefined =>
    name !== undefined && batchFirst ? math.transpose(name, [1, 0, 2]) : name;
  const dx = context.needs(0) ? runs.map((run) => run.x()).reduce((a, b) => math.add(a, b)) : undefined;
  return [
    state(dx),
    joined((run) => run.weight(), 1),
    joined((run) => run.recurrence(), 2),
    joined((run) => run.bias(), 3),
    undefined,
    state(joined((run) => run.before.hidden, 5)),
    state(joined((run) => run.before.cell || undefined, 6)),
    joined((run) => run.peephole(), 7),
  ];
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
  const { math, steps, batch, inputs, hidden } = plan;
  const parameters = parametersOf(context, plan, cell, direction);
  const { x, weight, inputBias } = parameters;
  const rows = cell.gates * hidden;
  const flat = math.reshape(x, [steps * batch, inputs]);
  const product = math.matmul(flat, math.transpose(weight, [1, 0]));
  const projected = inputBias === undefined ? product : math.add(product, inputBias);
  const walk = walkThrough(context, plan, cell, {
    take: cell.start(context, parameters),
    projected: math.reshape(projected, [steps, batch, rows]),
    direction,
  });
  const stacked = math.reshape(walk.projected, [steps * batch, rows]);
  const blocks = walk.recurrent.map(({ gradient, input }) => ({
    gradient: math.reshape(gradient, [steps * batch, -1]),
    input: math.reshape(input, [steps * batch, hidden]),
  }));
  const transposed = (name: string): string => math.transpose(name, [1, 0]);
  const products = (): string[] => blocks.map((b) => math.matmul(transposed(b.gradient), b.input));
  const sums = (): string[] => [stacked, ...blocks.map((b) => b.gradient)].map((g) => math.sum(g, [0], false));
  return {
    before: walk.before,
    x: () => turn(context, plan, math.reshape(math.matmul(stacked, weight), [steps, batch, inputs]), direction),
    weight: () => math.matmul(transposed(stacked), flat),
    recurrence: () => math.concat(products(), 0),
    bias: () => math.concat(sums(), 0),
    peephole: () => (walk.peephole === undefined ? undefined : math.sum(walk.peephole, [0, 1], false)),
  };
}

/** What the walk back collects, each [steps, batch, …]. */
type Walk = StepGradient;

interface Start {
  readonly take: TakeStep;
  /** [steps, batch, gates · hidden] */
  readonly projected: string;
  readonly direction: number;
}

/** All steps forward, then back. Where a sequence has ended, its state stays and its output is 0. */
function walkThrough(context: GradientContext, plan: Plan, cell: Cell, { take, projected, direction }: Start): Walk {
  const { math, batch, hidden } = plan;
  const { dtype } = math;
  const enter = (name: string): Entering => ({ name, shape: [batch, hidden], dtype });
  const mask = maskOf(context, plan);
  const masked: Entering[] = mask === undefined ? [] : [{ name: mask, shape: [batch, 1], dtype: 'bool' }];
  const steps: Entering[] = [{ name: projected, shape: [batch, cell.gates * hidden], dtype }, ...masked];
  const toolsOf = (emitter: Parameters<typeof tensorsOf>[0]): StepTools => {
    const inner = tensorsOf(emitter, dtype);
    return { math: inner, activations: activationsOf(context, inner, cell.activations, direction) };
  };
  const first = listOf(initialState(context, plan, direction));
  const way = { prefix: `${projected}::there:`, states: first.map(enter), inputs: steps, backwards: false };
  const seen = scan(context, dtype, way, (emitter, states, [x = '', now]) => {
    const tools = toolsOf(emitter);
    const after = listOf(take(tools, x, stateOf(states)).after);
    return { states: after.map((name, k) => select(tools, now, name, states[k] as string)), outputs: states };
  });
  const [dy, dHidden, dCell] = outputGradients(context, plan, direction);
  const inputs = [...steps, ...seen.outputs.map(enter), ...(dy === undefined ? [] : [enter(dy)])];
  const last = listOf({ hidden: dHidden, cell: dCell });
  const back = { prefix: `${projected}::back:`, states: last.map(enter), inputs, backwards: true };
  const found = scan(context, dtype, back, (emitter, states, [x = '', ...rest]) => {
    const tools = toolsOf(emitter);
    const now = mask === undefined ? undefined : rest.shift();
    const step = take(tools, x, stateOf(rest.splice(0, first.length)));
    const [arrived = '', ...cells] = states;
    const whole = rest[0] === undefined ? arrived : tools.math.add(arrived, rest[0]);
    const made = step.back(stateOf([whole, ...cells].map((name) => select(tools, now, name, 0))));
    const before = listOf(made.before).map((name, k) => select(tools, now, name, states[k] as string));
    return { states: before, outputs: collected(made) };
  });
  return gathered(found);
}

const listOf = ({ hidden, cell }: State): string[] => (cell === '' ? [hidden] : [hidden, cell]);
const stateOf = ([hidden = '', cell = '']: readonly string[]): State => ({ hidden, cell });

function select({ math }: StepTools, mask: string | undefined, x: string, otherwise: string | number): string {
  return mask === undefined ? x : math.where(mask, x, otherwise);
}

function collected({ projected, recurrent, peephole }: StepGradient): string[] {
  const blocks = recurrent.flatMap(({ gradient, input }) => [gradient, input]);
  return [projected, ...blocks, ...(peephole === undefined ? [] : [peephole])];
}

/** The inverse of {@link collected}, of all steps together: one and two a block, and one more with peepholes. */
function gathered({ states, outputs }: Scanned): Walk {
  const [projected = '', ...rest] = outputs;
  const peeps = rest.length % 2 === 1 ? { peephole: rest.at(-1) as string } : {};
  const blocks = range(Math.floor(rest.length / 2));
  const recurrent = blocks.map((k) => ({ gradient: rest[2 * k] as string, input: rest[2 * k + 1] as string }));
  return { projected, recurrent, before: stateOf(states), ...peeps };
}
