import type { Cotangent, Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { makeValue } from './_kit.ts';
import {
  type Cell,
  type Direction,
  type Recurrence,
  type States,
  recurrenceOf,
  type Step,
  type Sums,
  sumOf,
  swapped,
} from './_recurrent.ts';

/** Makes the operator of a cell: outputs Y [steps, directions, batch, hidden], Y_h and, for LSTM, Y_c [directions, batch, hidden]. */
export function recurrentOperator<K>(op: string, cell: Cell<K>): Operator {
  return {
    op,
    scale: 1,
    forward: (context, inputs) => run(context, inputs, cell),
    vjp: (context) => undo(context, cell),
  };
}

/** Every step of sequence `b` in one direction, in the order in which they are taken. Beyond its length a sequence has no steps. */
function walk<K>(all: Recurrence, cell: Cell<K>, d: Direction, b: number): { at: number; step: Step<K> }[] {
  const { batch, size, hidden } = all;
  const start = (d.index * batch + b) * hidden;
  let states: States = { h: all.h0.slice(start, start + hidden), c: all.c0.slice(start, start + hidden) };
  const length = all.lengths[b]!;
  const taken: { at: number; step: Step<K> }[] = [];
  for (let i = 0; i < length; i++) {
    const at = d.reverse ? length - 1 - i : i;
    const from = (at * batch + b) * size;
    const step = cell.step(d, all.x.subarray(from, from + size), states);
    taken.push({ at, step });
    states = step.after;
  }
  return taken;
}

function run<K>(context: OperatorContext, inputs: readonly (Value | undefined)[], cell: Cell<K>): Value[] {
  const all = recurrenceOf(context, inputs, cell);
  const { batch, hidden, batchFirst, directions, steps } = all;
  const y = new Float64Array(steps * directions.length * batch * hidden);
  const [last, lastCell] = [all.h0.slice(), all.c0.slice()];
  for (const d of directions) {
    for (let b = 0; b < batch; b++) {
      for (const { at, step } of walk(all, cell, d, b)) {
        y.set(step.after.h, ((at * directions.length + d.index) * batch + b) * hidden);
        last.set(step.after.h, (d.index * batch + b) * hidden);
        lastCell.set(step.after.c, (d.index * batch + b) * hidden);
      }
    }
  }
  const { dtype } = given(context, inputs, 0);
  const states = [directions.length, batch, hidden];
  return [
    swapped(makeValue(dtype, [steps, ...states], y), batchFirst, [2, 0, 1, 3]),
    swapped(makeValue(dtype, states, last), batchFirst, [1, 0, 2]),
    swapped(makeValue(dtype, states, lastCell), batchFirst, [1, 0, 2]),
  ];
}

function undo<K>(context: VjpContext, cell: Cell<K>): (Cotangent | undefined)[] {
  const { inputs } = context;
  const all = recurrenceOf(context, inputs, cell);
  const seed = (i: number, back: readonly number[]): Float64Array | undefined => {
    const found = context.cotangents[i];
    return found && swapped(found, all.batchFirst, back).data;
  };
  const seeds = { y: seed(0, [1, 2, 0, 3]), last: seed(1, [1, 0, 2]), lastCell: seed(2, [1, 0, 2]) };
  const found: Found = {
    x: new Float64Array(all.x.length),
    h0: new Float64Array(all.h0.length),
    c0: new Float64Array(all.c0.length),
  };
  const sums = inputs.map((input) => new Float64Array(input?.data.length ?? 0));
  for (const d of all.directions) {
    const own = ownSums(sums, inputs, d, cell.gates);
    for (let b = 0; b < all.batch; b++) undoSequence(all, cell, d, b, seeds, own, found);
  }
  const answers = [found.x, sums[1], sums[2], sums[3], undefined, found.h0, found.c0, sums[7]];
  return inputs.map((input, i) => {
    const data = answers[i];
    if (!input || !data || !context.needs[i]) return undefined;
    if (!all.batchFirst || (i !== 0 && i !== 5 && i !== 6)) return cotangentOf(input, data);
    const shape = [input.shape[1]!, input.shape[0]!, input.shape[2]!];
    return { value: swapped(makeValue(input.dtype, shape, data), true, [1, 0, 2]) };
  });
}

/** The cotangents of x and of the initial states, in the order [steps, batch, …]. */
interface Found {
  readonly x: Float64Array;
  readonly h0: Float64Array;
  readonly c0: Float64Array;
}

/** Undoes sequence `b` in one direction, from its last step to its first. */
function undoSequence<K>(
  all: Recurrence,
  cell: Cell<K>,
  d: Direction,
  b: number,
  seeds: { readonly [name in 'y' | 'last' | 'lastCell']: Float64Array | undefined },
  sums: Sums,
  found: Found,
): void {
  const { batch, hidden, size, directions } = all;
  const state = (d.index * batch + b) * hidden;
  const pick = (from: Float64Array | undefined, at: number) => from?.slice(at, at + hidden) ?? new Float64Array(hidden);
  let after: States = { h: pick(seeds.last, state), c: pick(seeds.lastCell, state) };
  for (const { at, step } of walk(all, cell, d, b).reverse()) {
    const dh = sumOf(after.h, pick(seeds.y, ((at * directions.length + d.index) * batch + b) * hidden), d.round);
    const before = cell.back(d, step, { h: dh, c: after.c }, sums);
    const into = (at * batch + b) * size;
    found.x.set(sumOf(found.x.subarray(into, into + size), before.x, d.round), into);
    after = before;
  }
  found.h0.set(after.h, state);
  found.c0.set(after.c, state);
}

/** The parts of the parameters' gradients that belong to one direction; a bias that is not there has a place to go to all the same. */
function ownSums(sums: readonly Float64Array[], inputs: readonly unknown[], d: Direction, gates: number): Sums {
  const part = (i: number, size: number): Float64Array =>
    inputs[i] ? sums[i]!.subarray(d.index * size, (d.index + 1) * size) : new Float64Array(size);
  return {
    w: part(1, gates * d.hidden * d.size),
    r: part(2, gates * d.hidden * d.hidden),
    bias: part(3, 2 * gates * d.hidden),
    peepholes: part(7, 3 * d.hidden),
  };
}
