import { floatAttribute, intAttribute, stringAttribute } from '../../attributes.ts';
import type { OperatorContext, Value } from '../../types/oracle.ts';
import { given, refuse } from './_context.ts';
import { upTo } from './_kit.ts';
import { type Activation, activationsOf } from './_recurrent-activations.ts';
import { type Rows, rowsOf } from './_rows.ts';
import { taken } from './_indexed.ts';
import { transposedOffsets } from './_strided.ts';

/** One direction's parameters and functions. w [gates·hidden, size], r [gates·hidden, hidden]; bias: that of w, then that of r. */
export interface Direction {
  readonly index: number;
  readonly reverse: boolean;
  readonly size: number;
  readonly hidden: number;
  readonly w: Float64Array;
  readonly r: Float64Array;
  readonly bias: Float64Array | undefined;
  readonly peepholes: Float64Array | undefined;
  readonly activations: readonly Activation[];
  /** Bounds of what an activation is given; Infinity where there is no `clip`. */
  readonly clip: number;
  readonly context: OperatorContext;
  readonly round: (x: number) => number;
  readonly rows: Rows;
}

/** The gradient of one direction's parameters, summed up as the steps are undone. */
export interface Sums {
  readonly w: Float64Array;
  readonly r: Float64Array;
  readonly bias: Float64Array;
  readonly peepholes: Float64Array;
}

/** The hidden state, and the cell state, which only LSTM uses. */
export interface States {
  readonly h: Float64Array;
  readonly c: Float64Array;
}

/** One step of one sequence: what it started from, and what its cell needs to be undone. */
export interface Step<K> {
  readonly x: Float64Array;
  readonly before: States;
  readonly after: States;
  readonly kept: K;
}

/** What RNN, GRU and LSTM differ in. */
export interface Cell<K> {
  readonly gates: number;
  /** The functions of one direction where the node names none. */
  readonly activations: readonly string[];
  step(d: Direction, x: Float64Array, before: States): Step<K>;
  /** Undoes a step: from the cotangents of the states after it to those of x and of the states before it. */
  back(d: Direction, step: Step<K>, after: States, sums: Sums): States & { readonly x: Float64Array };
}

/** A recurrent node with everything in the order [steps, batch, …], whatever its `layout`. */
export interface Recurrence {
  readonly steps: number;
  readonly batch: number;
  readonly size: number;
  readonly hidden: number;
  readonly x: Float64Array;
  readonly lengths: readonly number[];
  readonly directions: readonly Direction[];
  /** Initial states [directions, batch, hidden]. */
  readonly h0: Float64Array;
  readonly c0: Float64Array;
  readonly batchFirst: boolean;
}

/** Reads the inputs x, W, R, B, sequence_lens, initial_h, and for LSTM initial_c and P. */
export function recurrenceOf(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  cell: Pick<Cell<unknown>, 'activations'>,
): Recurrence {
  const batchFirst = intAttribute(context.attributes, 'layout', 0) === 1;
  const x = swapped(given(context, inputs, 0), batchFirst, [1, 0, 2]);
  const [steps = 0, batch = 0, size = 0] = x.shape;
  const [count = 1, , hidden = 0] = given(context, inputs, 2).shape;
  const directions = upTo(count).map((index) => directionOf(context, inputs, cell, index));
  const initial = (value: Value | undefined): Float64Array =>
    value ? swapped(value, batchFirst, [1, 0, 2]).data : new Float64Array(count * batch * hidden);
  const lengths = inputs[4] ? Array.from(inputs[4].data) : upTo(batch).map(() => steps);
  return {
    steps,
    batch,
    size,
    hidden,
    x: x.data,
    lengths,
    directions,
    h0: initial(inputs[5]),
    c0: initial(inputs[6]),
    batchFirst,
  };
}

/** The part of the parameters that belongs to one direction. */
function directionOf(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  cell: Pick<Cell<unknown>, 'activations'>,
  index: number,
): Direction {
  const { attributes, arithmetic } = context;
  const [w, r] = [given(context, inputs, 1), given(context, inputs, 2)];
  const count = r.shape[0]!;
  const kind = stringAttribute(attributes, 'direction', 'forward');
  if ((kind === 'bidirectional') !== (count === 2)) {
    refuse(context, `direction ${kind} with the weights of ${count}`, 'Give the weights of every direction.');
  }
  const part = (value: Value): Float64Array =>
    value.data.subarray((index * value.data.length) / count, ((index + 1) * value.data.length) / count);
  return {
    index,
    reverse: kind === 'reverse' || index === 1,
    size: w.shape[2]!,
    hidden: r.shape[2]!,
    w: part(w),
    r: part(r),
    bias: inputs[3] && part(inputs[3]),
    peepholes: inputs[7] && part(inputs[7]),
    activations: activationsOf(context, index, cell.activations),
    clip: floatAttribute(attributes, 'clip', Number.POSITIVE_INFINITY),
    context,
    round: arithmetic.round,
    rows: rowsOf(arithmetic),
  };
}

/** A value with its axes permuted, if `really`. */
export function swapped(value: Value, really: boolean, permutation: readonly number[]): Value {
  if (!really) return value;
  const shape = permutation.map((axis) => value.shape[axis]!);
  return taken(value, { shape, offsets: transposedOffsets(value.shape, permutation) });
}

/** A gate's pre-activation with the node's `clip`. */
export const clipped = (d: Direction, x: number): number => Math.min(Math.max(x, -d.clip), d.clip);

/** True where the clip lets the derivative through. */
export const unclipped = (d: Direction, x: number): boolean => Math.abs(x) <= d.clip;

/** W·x + Wb of every gate (or R·h + Rb with `recurrent`), gates from `first` to before `last`. */
export function project(d: Direction, v: Float64Array, recurrent: boolean, first: number, last: number): Float64Array {
  const { hidden, bias, round, rows } = d;
  const matrix = recurrent ? d.r : d.w;
  const width = recurrent ? hidden : d.size;
  const half = bias ? bias.length / 2 : 0;
  const out = new Float64Array((last - first) * hidden);
  for (let i = 0; i < out.length; i++) {
    const row = first * hidden + i;
    const product = rows.dot(0, matrix, row * width, 1, v, 0, 1, width);
    out[i] = bias ? round(product + bias[(recurrent ? half : 0) + row]!) : product;
  }
  return out;
}

/** Undoes `project`: adds to the sums of the matrix and its bias, and returns the cotangent of v. */
export function projectBack(
  d: Direction,
  v: Float64Array,
  recurrent: boolean,
  first: number,
  dout: Float64Array,
  sums: Sums,
): Float64Array {
  const { hidden, round, rows } = d;
  const [matrix, into] = recurrent ? [d.r, sums.r] : [d.w, sums.w];
  const width = recurrent ? hidden : d.size;
  const half = recurrent ? sums.bias.length / 2 : 0;
  const dv = new Float64Array(width);
  for (let i = 0; i < dout.length; i++) {
    const row = first * hidden + i;
    rows.add(dv, 0, 1, dout[i]!, matrix, row * width, 1, width);
    rows.add(into, row * width, 1, dout[i]!, v, 0, 1, width);
    sums.bias[half + row] = round(sums.bias[half + row]! + dout[i]!);
  }
  return dv;
}

/** a + b, element by element. */
export function sumOf(a: Float64Array, b: Float64Array, round: (x: number) => number): Float64Array {
  return a.map((element, i) => round(element + b[i]!));
}
