import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import {
  type Cell,
  clipped,
  type Direction,
  project,
  projectBack,
  type Step,
  type Sums,
  sumOf,
  unclipped,
} from './_recurrent.ts';
import { recurrentOperator } from './_recurrent-run.ts';

/** What a step keeps: arguments and values of the gates i, o, f, c̃ (one after the other), and h(C). */
interface Kept {
  readonly sums: Float64Array;
  readonly gates: Float64Array;
  readonly squashed: Float64Array;
}

/** Where each gate starts, in units of `hidden`: ONNX's order. */
const [I, O, F, C] = [0, 1, 2, 3] as const;

/**
 * i, f = f(W·x + R·h + P∘C + b); c̃ = g(W·x + R·h + b); C = f∘C + i∘c̃; o = f(W·x + R·h + P∘C + b) with the new C;
 * h = o∘h(C). With `input_forget`, f = 1 − i.
 */
const cell: Cell<Kept> = {
  gates: 4,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  step(d, x, before) {
    const { hidden, round } = d;
    const [f, g, h] = d.activations;
    const sums = sumOf(project(d, x, false, 0, 4), project(d, before.h, true, 0, 4), round);
    const gates = new Float64Array(sums.length);
    const [c, out, squashed] = [new Float64Array(hidden), new Float64Array(hidden), new Float64Array(hidden)];
    for (let j = 0; j < hidden; j++) {
      peep(d, sums, I, j, before.c[j]!);
      peep(d, sums, F, j, before.c[j]!);
      const input = f!.f(clipped(d, sums[I * hidden + j]!));
      const forget = couples(d) ? round(1 - input) : f!.f(clipped(d, sums[F * hidden + j]!));
      const candidate = g!.f(clipped(d, sums[C * hidden + j]!));
      c[j] = round(round(forget * before.c[j]!) + round(input * candidate));
      peep(d, sums, O, j, c[j]!);
      const output = f!.f(clipped(d, sums[O * hidden + j]!));
      squashed[j] = h!.f(c[j]!);
      out[j] = round(output * squashed[j]!);
      gates[I * hidden + j] = input;
      gates[O * hidden + j] = output;
      gates[F * hidden + j] = forget;
      gates[C * hidden + j] = candidate;
    }
    return { x, before, after: { h: out, c }, kept: { sums, gates, squashed } };
  },
  back(d, step, seeds, sums) {
    const { hidden, round } = d;
    const dsums = new Float64Array(4 * hidden);
    const dc = new Float64Array(hidden);
    for (let j = 0; j < hidden; j++) dc[j] = gatesBack(d, step, seeds.h[j]!, seeds.c[j]!, j, dsums, sums);
    const dx = projectBack(d, step.x, false, 0, dsums, sums);
    const dh = projectBack(d, step.before.h, true, 0, dsums, sums);
    return { x: dx, h: dh, c: dc.map(round) };
  },
};

/** A long short-term memory, one or two directions. */
export const lstm: Operator = recurrentOperator('LSTM', cell);

/** Undoes the gates of unit j: fills dsums, adds to the peepholes' sums, and returns the cotangent of the cell state before. */
function gatesBack(
  d: Direction,
  step: Step<Kept>,
  dh: number,
  dc: number,
  j: number,
  dsums: Float64Array,
  sums: Sums,
): number {
  const { hidden, round } = d;
  const [f, g, h] = d.activations;
  const { gates, squashed } = step.kept;
  const [input, output] = [gates[I * hidden + j]!, gates[O * hidden + j]!];
  const [forget, candidate] = [gates[F * hidden + j]!, gates[C * hidden + j]!];
  const [c, cBefore] = [step.after.c[j]!, step.before.c[j]!];
  const toSum = (gate: number, dgate: number, activation: typeof f, y: number): number => {
    const sum = step.kept.sums[gate * hidden + j]!;
    const dsum = unclipped(d, sum) ? round(dgate * activation!.derivative(clipped(d, sum), y)) : 0;
    dsums[gate * hidden + j] = dsum;
    return dsum;
  };
  const doutput = toSum(O, round(dh * squashed[j]!), f, output);
  let total = round(dc + round(round(dh * output) * h!.derivative(c, squashed[j]!)));
  total = round(total + peepBack(d, sums, O, j, doutput, c));
  const dforget = round(total * cBefore);
  const coupled = couples(d);
  const dinput = round(round(total * candidate) - (coupled ? dforget : 0));
  const dinputSum = toSum(I, dinput, f, input);
  const dforgetSum = coupled ? 0 : toSum(F, dforget, f, forget);
  toSum(C, round(total * input), g, candidate);
  const direct = round(total * forget);
  return round(
    round(direct + peepBack(d, sums, I, j, dinputSum, cBefore)) + peepBack(d, sums, F, j, dforgetSum, cBefore),
  );
}

/** Adds P∘C to a gate's argument. The peepholes lie in the order i, o, f. */
function peep(d: Direction, sums: Float64Array, gate: number, j: number, c: number): void {
  const at = gate * d.hidden + j;
  if (d.peepholes) sums[at] = d.round(sums[at]! + d.round(d.peepholes[at]! * c));
}

function peepBack(d: Direction, sums: Sums, gate: number, j: number, dsum: number, c: number): number {
  if (!d.peepholes) return 0;
  const at = gate * d.hidden + j;
  sums.peepholes[at] = d.round(sums.peepholes[at]! + d.round(dsum * c));
  return d.round(d.peepholes[at]! * dsum);
}

const couples = (d: Direction): boolean => intAttribute(d.context.attributes, 'input_forget', 0) !== 0;
