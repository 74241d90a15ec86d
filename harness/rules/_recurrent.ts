import { floatsAttribute, intAttribute, stringAttribute, stringsAttribute } from '../attributes.ts';
import { stridesOf } from '../shape.ts';
import type { ForwardContext } from '../types/rule.ts';
import type { Patch } from './_patch.ts';
import { FUNCTIONS, GATES } from './_cells.ts';

/** What one recurrent node is. */
export interface Recurrent {
  readonly op: string;
  readonly hidden: number;
  readonly directions: number;
  /** Gate names in ONNX's order, as the blocks of W, R and B lie. */
  readonly gates: readonly string[];
  readonly steps: number;
  readonly batch: number;
  readonly direction: string;
  /** True where x and Y have the batch first. */
  readonly batchFirst: boolean;
  /** Functions of one direction, in ONNX's order. */
  readonly functions: readonly string[];
  /** True where the functions have no alpha or beta of their own. */
  readonly plain: boolean;
  /** True where every sequence has the same length. */
  readonly full: boolean;
}

/** Slots of the inputs. */
export const [X, W, R, B, LENGTHS, H0, C0] = [0, 1, 2, 3, 4, 5, 6] as const;

export const RECURRENT = Object.keys(GATES);

/** The node as a recurrence, or null where its inputs are not known. */
export function recurrentOf({ node, attributes, inputs }: ForwardContext): Recurrent | null {
  const [x, w, r] = inputs;
  const gates = GATES[node.op];
  if (x === undefined || w === undefined || r === undefined || gates === undefined) return null;
  const batchFirst = intAttribute(attributes, 'layout', 0) !== 0;
  const [first = 0, second = 0] = x.shape;
  const steps = batchFirst ? second : first;
  const lengths = inputs[LENGTHS];
  const listed = stringsAttribute(attributes, 'activations');
  const defaults = FUNCTIONS[node.op] as readonly string[];
  return {
    op: node.op,
    gates,
    hidden: r.shape[2] as number,
    directions: w.shape[0] as number,
    steps,
    batch: batchFirst ? first : second,
    direction: stringAttribute(attributes, 'direction', 'forward'),
    batchFirst,
    functions: listed.length > 0 ? listed.slice(0, defaults.length) : defaults,
    plain:
      floatsAttribute(attributes, 'activation_alpha').length === 0 &&
      floatsAttribute(attributes, 'activation_beta').length === 0,
    full: lengths === undefined || lengths.data.every((length) => length === steps),
  };
}

/** The node again, with some inputs and attributes changed: its outputs. */
export function again(
  p: Patch,
  { node }: ForwardContext,
  inputs: Readonly<Record<number, string>>,
  attributes = node.attributes,
): readonly string[] {
  const size = Math.max(node.inputs.length, ...Object.keys(inputs).map((slot) => Number(slot) + 1));
  const names = Array.from({ length: size }, (_, slot) => inputs[slot] ?? node.inputs[slot] ?? '');
  return p.emitMany(node.op, names, Math.max(1, node.outputs.length), attributes);
}

/** The patch with all outputs of {@link again} in the place of the node's. */
export const withOutputs = (p: Patch, names: readonly string[]) =>
  p.edit(names[0] as string, Object.fromEntries(names.slice(1).map((name, i) => [i + 1, name])));

/** A number for each row of [directions, gates·hidden] (twice that for B), from its gate: what W, R or B is multiplied by or gets added. */
export function perGate(
  { directions, gates, hidden }: Recurrent,
  halves: number,
  of: (gate: number, half: number) => number,
): number[] {
  const rows: number[] = [];
  for (let d = 0; d < directions; d++) {
    for (let half = 0; half < halves; half++) {
      for (let g = 0; g < gates.length; g++) for (let i = 0; i < hidden; i++) rows.push(of(g, half));
    }
  }
  return rows;
}

/** Says from which time step on Y is wrong, where Y (or its steps) is what is wrong: a reversed direction starts at the end. */
export function firstWrongStep(context: ForwardContext, { steps, batchFirst }: Recurrent): readonly string[] {
  const { direct, tensor, node, subject, truth, allowed } = context;
  if (!direct || tensor !== node.outputs[0]) return [];
  const axis = batchFirst ? 1 : 0;
  const stride = stridesOf(truth.shape)[axis] as number;
  let [first, last] = [steps, -1];
  truth.data.forEach((x, i) => {
    if (Math.abs(x - (subject.data[i] as number)) <= 4 * allowed) return;
    const step = Math.floor(i / stride) % steps;
    first = Math.min(first, step);
    last = Math.max(last, step);
  });
  if (last < 0) return [];
  return [
    first === 0
      ? `wrong from the first time step on (last wrong: ${last} of 0 … ${steps - 1})`
      : `right up to time step ${first - 1}, wrong from step ${first} on`,
  ];
}
