import { intAttribute, stringsAttribute } from '../attributes.ts';
import { type Activation, activationOf } from '../oracle/ops/_recurrent-activations.ts';
import type { Attributes } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import { FUNCTIONS, GATES } from './_cells.ts';

type Values = readonly (Value | undefined)[];

/** One step of one direction on its way back: from x, W, R, B, –, h, c, P and the cotangents of Y, h and c to what each input gets. */
export type StepBack = (inputs: Values, cotangents: Values, attributes: Attributes) => Values | null;

/** What a unit of one step holds: values of its gates by name, its states before and after, and h(C) of LSTM. */
export interface Unit {
  readonly gates: Readonly<Record<string, number>>;
  readonly h: number;
  readonly c: number;
  readonly after: number;
  readonly squashed: number;
}

/** What a wrong way back does otherwise; each function is given what is right. */
export interface Slip {
  /** The derivative of a gate's function (or of LSTM's h, called `state`) at its argument a, where its value is y. */
  readonly slope?: (place: string, right: number, a: number, y: number) => number;
  /** What a gradient is multiplied by on its way to a gate, to the cell or to the state before. */
  readonly factor?: (place: string, right: number, unit: Unit) => number;
  /** Whether what a gate sends to x or to the state before counts. */
  readonly counts?: (gate: string, to: 'x' | 'h') => boolean;
}

/** A direction's parameters, and what is summed up for them. */
interface Cell {
  readonly hidden: number;
  readonly size: number;
  readonly gates: readonly string[];
  readonly functions: readonly Activation[];
  readonly inputs: Values;
  readonly slip: Slip;
  readonly sums: readonly (Float64Array | undefined)[];
}

/** Gates of an operator, in ONNX's order. */
export const gatesOf = (op: string): readonly string[] => GATES[op] as readonly string[];

/** The names of the functions of one direction, in ONNX's order; null where one has parameters of its own, or the cell is clipped or couples its gates. */
export function functionsOf(op: string, attributes: Attributes): readonly string[] | null {
  const { clip, activation_alpha: alpha, activation_beta: beta } = attributes;
  if (clip !== undefined || alpha !== undefined || beta !== undefined) return null;
  if (intAttribute(attributes, 'input_forget', 0) !== 0) return null;
  const defaults = FUNCTIONS[op] as readonly string[];
  const listed = stringsAttribute(attributes, 'activations');
  return listed.length > 0 ? listed.slice(0, defaults.length) : defaults;
}

/** One step back in float64, with a slip in it. */
export function cellBack(op: string, slip: Slip): StepBack {
  return (inputs, cotangents, attributes) => {
    const [x, w, r] = inputs;
    const functions = functionsOf(op, attributes)?.map((name) => activationOf(name, 1, 1, (v) => v));
    if (x === undefined || w === undefined || r === undefined || functions === undefined) return null;
    if (functions.includes(null)) return null;
    const sums = inputs.map((value, slot) => (slot === 4 ? undefined : value && new Float64Array(value.data.length)));
    const [size, hidden] = [x.shape.at(-1) ?? 0, r.shape.at(-1) ?? 0];
    const given = functions as readonly Activation[];
    const cell: Cell = { hidden, size, gates: gatesOf(op), functions: given, inputs, slip, sums };
    const batch = x.data.length / size;
    for (let b = 0; b < batch; b++) {
      const at = (value: Value | undefined): Float64Array =>
        value?.data.subarray(b * hidden, (b + 1) * hidden) ?? new Float64Array(hidden);
      const dh = at(cotangents[1]).map((d, j) => d + (at(cotangents[0])[j] as number));
      if (op === 'LSTM') lstmBack(cell, b, dh, at(cotangents[2]));
      else if (op === 'GRU') gruBack(cell, b, dh, intAttribute(attributes, 'linear_before_reset', 0) !== 0);
      else rnnBack(cell, b, dh);
    }
    return inputs.map((value, slot) => {
      const data = sums[slot];
      return value === undefined || data === undefined ? undefined : { ...value, data };
    });
  };
}

const row = (cell: Cell, slot: number, b: number, width: number): Float64Array =>
  cell.inputs[slot]?.data.subarray(b * width, (b + 1) * width) ?? new Float64Array(width);

/** W·x + Wb (slot 1) or R·v + Rb (slot 2), of one gate. */
function product({ hidden, inputs, gates }: Cell, slot: 1 | 2, gate: number, v: Float64Array): Float64Array {
  const m = (inputs[slot] as Value).data;
  const half = slot === 1 ? 0 : gates.length * hidden;
  return Float64Array.from({ length: hidden }, (_, j) => {
    const line = gate * hidden + j;
    let sum = inputs[3]?.data[half + line] ?? 0;
    for (let k = 0; k < v.length; k++) sum += (m[line * v.length + k] as number) * (v[k] as number);
    return sum;
  });
}

/** Undoes a product: adds to the sums of its matrix and bias, and gives what v gets. */
function productBack(cell: Cell, slot: 1 | 2, gate: number, v: Float64Array, d: Float64Array): Float64Array {
  const { hidden, inputs, sums, gates, slip } = cell;
  const m = (inputs[slot] as Value).data;
  const [dm, dbias] = [sums[slot] as Float64Array, sums[3]];
  const half = slot === 1 ? 0 : gates.length * hidden;
  const back = new Float64Array(v.length);
  for (let j = 0; j < hidden; j++) {
    const [line, dj] = [gate * hidden + j, d[j] as number];
    if (dbias !== undefined) dbias[half + line] = (dbias[half + line] as number) + dj;
    for (let k = 0; k < v.length; k++) {
      const at = line * v.length + k;
      dm[at] = (dm[at] as number) + dj * (v[k] as number);
      back[k] = (back[k] as number) + dj * (m[at] as number);
    }
  }
  return slip.counts?.(gates[gate] as string, slot === 1 ? 'x' : 'h') === false ? back.fill(0) : back;
}

function add(into: Float64Array | undefined, start: number, from: Float64Array): void {
  if (into !== undefined) from.forEach((x, k) => (into[start + k] = (into[start + k] as number) + x));
}

/** One gate's products undone, for x and for the state before. */
function gateBack(cell: Cell, b: number, gate: number, d: Float64Array): void {
  const { hidden, size, sums } = cell;
  add(sums[0], b * size, productBack(cell, 1, gate, row(cell, 0, b, size), d));
  add(sums[5], b * hidden, productBack(cell, 2, gate, row(cell, 5, b, hidden), d));
}

const slopeOf = ({ slip }: Cell, place: string, f: Activation, a: number, y: number): number => {
  const right = f.derivative(a, y);
  return slip.slope?.(place, right, a, y) ?? right;
};

function rnnBack(cell: Cell, b: number, dh: Float64Array): void {
  const [f] = cell.functions as [Activation];
  const recurrent = product(cell, 2, 0, row(cell, 5, b, cell.hidden));
  const sum = product(cell, 1, 0, row(cell, 0, b, cell.size)).map((a, j) => a + (recurrent[j] as number));
  const d = sum.map((a, j) => (dh[j] as number) * slopeOf(cell, 'hidden', f, a, f.f(a)));
  gateBack(cell, b, 0, d);
}

function lstmBack(cell: Cell, b: number, dh: Float64Array, dc: Float64Array): void {
  const { hidden, size, functions, slip, sums } = cell;
  const [f, g, squash] = functions as [Activation, Activation, Activation];
  const [x, h, before, p] = [row(cell, 0, b, size), row(cell, 5, b, hidden), row(cell, 6, b, hidden), cell.inputs[7]];
  const a = [0, 1, 2, 3].map((gate) => {
    const recurrent = product(cell, 2, gate, h);
    return product(cell, 1, gate, x).map((s, j) => s + (recurrent[j] as number));
  }) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const d = a.map(() => new Float64Array(hidden)) as typeof a;
  // Peepholes lie in the order input, output, forget.
  const peep = (gate: number, j: number): number => p?.data[gate * hidden + j] ?? 0;
  for (let j = 0; j < hidden; j++) {
    const [past, dj] = [before[j] as number, dh[j] as number];
    const [ai, af, ag] = [(a[0][j] as number) + peep(0, j) * past, (a[2][j] as number) + peep(2, j) * past, a[3][j]];
    const [i, forget, candidate] = [f.f(ai), f.f(af), g.f(ag as number)];
    const c = forget * past + i * candidate;
    const ao = (a[1][j] as number) + peep(1, j) * c;
    const [o, squashed] = [f.f(ao), squash.f(c)];
    const gates = { input: i, output: o, forget, cell: candidate };
    const unit: Unit = { gates, h: h[j] as number, c: past, after: c, squashed };
    const by = (place: string, right: number): number => slip.factor?.(place, right, unit) ?? right;
    const fromOutput = dj * by('output', squashed) * slopeOf(cell, 'output', f, ao, o);
    const fromState = dj * by('state', o) * slopeOf(cell, 'state', squash, c, squashed);
    const total = (dc[j] as number) + fromState + by('peephole output', peep(1, j)) * fromOutput;
    const fromInput = total * by('input', candidate) * slopeOf(cell, 'input', f, ai, i);
    const fromForget = total * by('forget', past) * slopeOf(cell, 'forget', f, af, forget);
    d[0][j] = fromInput;
    d[1][j] = fromOutput;
    d[2][j] = fromForget;
    d[3][j] = total * by('cell', i) * slopeOf(cell, 'cell', g, ag as number, candidate);
    const carried = total * by('before', forget);
    const peeped = by('peephole input', peep(0, j)) * fromInput + by('peephole forget', peep(2, j)) * fromForget;
    add(sums[6], b * hidden + j, Float64Array.of(carried + peeped));
    add(sums[7], j, Float64Array.of(fromInput * past));
    add(sums[7], hidden + j, Float64Array.of(fromOutput * by('peephole of the output', c)));
    add(sums[7], 2 * hidden + j, Float64Array.of(fromForget * past));
  }
  d.forEach((each, gate) => gateBack(cell, b, gate, each));
}

function gruBack(cell: Cell, b: number, dh: Float64Array, late: boolean): void {
  const { hidden, size, functions, slip, sums } = cell;
  const [f, g] = functions as [Activation, Activation];
  const [x, h] = [row(cell, 0, b, size), row(cell, 5, b, hidden)];
  const plus = (v: Float64Array, w: Float64Array): Float64Array => v.map((s, j) => s + (w[j] as number));
  const [az, ar] = [0, 1].map((gate) => plus(product(cell, 1, gate, x), product(cell, 2, gate, h))) as [
    Float64Array,
    Float64Array,
  ];
  const [z, r] = [az.map(f.f), ar.map(f.f)];
  const operand = late ? h : h.map((v, j) => v * (r[j] as number));
  const recurrent = product(cell, 2, 2, operand);
  const an = plus(product(cell, 1, 2, x), late ? recurrent.map((v, j) => v * (r[j] as number)) : recurrent);
  const n = an.map(g.f);
  const by = (place: string, right: number, j: number): number => {
    const gates = { update: z[j] as number, reset: r[j] as number, hidden: n[j] as number };
    const unit = { gates, h: h[j] as number, c: 0, after: 0, squashed: 0 };
    return slip.factor?.(place, right, unit) ?? right;
  };
  const dn = an.map((a, j) => {
    const arrived = (dh[j] as number) * by('hidden', 1 - (z[j] as number), j);
    return arrived * slopeOf(cell, 'hidden', g, a, n[j] as number);
  });
  const dz = az.map((a, j) => {
    const arrived = (dh[j] as number) * by('update', (h[j] as number) - (n[j] as number), j);
    return arrived * slopeOf(cell, 'update', f, a, z[j] as number);
  });
  const dproduct = late ? dn.map((v, j) => v * by('product', r[j] as number, j)) : dn;
  const doperand = productBack(cell, 2, 2, operand, dproduct);
  const dr = ar.map((a, j) => {
    const to = late ? (dn[j] as number) : (doperand[j] as number);
    const right = late ? (recurrent[j] as number) : (h[j] as number);
    return to * by('reset', right, j) * slopeOf(cell, 'reset', f, a, r[j] as number);
  });
  add(sums[0], b * size, productBack(cell, 1, 2, x, dn));
  add(sums[5], b * hidden, late ? doperand : doperand.map((v, j) => v * by('product', r[j] as number, j)));
  add(
    sums[5],
    b * hidden,
    dh.map((v, j) => v * by('before', z[j] as number, j)),
  );
  gateBack(cell, b, 0, dz);
  gateBack(cell, b, 1, dr);
}
