import type { GradientContext } from '../rule.ts';
import type { Cell, State, Step, StepGradient } from './_cell.ts';
import type { Plan } from './_sequence.ts';
import { initialState, maskOf, outputGradients, parametersOf, planOf, splitSteps, turn } from './_sequence.ts';

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
