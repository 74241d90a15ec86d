import type { GradientContext } from '../rule.ts';
import { int } from '../rule.ts';
import type { Activation } from './_activations.ts';
import type { TensorMath } from './_tensors.ts';

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
}

/** What a step is written with. */
export interface StepTools {
  readonly math: TensorMath;
  readonly activations: readonly Activation[];
}

/** One step: `projected` is x · Wᵀ + its bias, [batch, gates · hidden]. */
export type TakeStep = (tools: StepTools, projected: string, before: State) => Step;

/** A kind of recurrent cell. */
export interface Cell {
  readonly gates: number;
  readonly activations: readonly string[];
  /** Emits what all steps share, and returns the step. */
  start(context: GradientContext, parameters: CellParameters): TakeStep;
}

/** Splits [batch, count · hidden] into its gates. */
export function splitGates(math: TensorMath, name: string, count: number): readonly string[] {
  return math.emitter.emitMany('Split', [name], count, { axis: int(-1), num_outputs: int(count) });
}
