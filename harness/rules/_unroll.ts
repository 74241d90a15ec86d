import { intAttribute, stringAttribute } from '../attributes.ts';
import type { Attribute, Attributes } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext } from '../types/rule.ts';
import type { StepBack } from './_cell-back.ts';
import { placeOf } from './_matrix.ts';
import { canTurn, turnedBack } from './_turned-back.ts';

/** A recurrent layer taken apart, one direction after the other, one step at a time. */
export interface Unrolled {
  readonly steps: number;
  /** True where there is a cell state besides the hidden one (LSTM). */
  readonly cell: boolean;
  /** Whether the way back through the recurrence can be replaced (`turned`). */
  readonly turns: boolean;
  /** What goes back to the slot, where the states' cotangents pass from step to step only as the mode lets them. */
  back(mode: Mode): Float64Array | null;
}

/** How a backward pass through time goes. */
export interface Mode {
  readonly hidden: boolean;
  readonly cell: boolean;
  /** Whether the states' gradient passes from this step to the one before it. */
  readonly carried?: (index: number) => boolean;
  /** The state's gradient comes by the recurrence as it is, not by its transpose. */
  readonly turned?: boolean;
  /** Whether the gradients of the outputs of this step take part (`index` counts from the first step taken). */
  readonly seeded?: (index: number) => boolean;
  /** Whether what the step sends to the slot counts. */
  readonly counted?: (index: number) => boolean;
  /** How one step goes back, where it is not as it should be. */
  readonly step?: StepBack;
}

/** Sequence first, whatever the layout; null for layers that cannot be taken apart here (sequences of several lengths). */
export function unrolled(context: BackwardContext): Unrolled | null {
  const { inputs, node, attributes, slot } = context;
  const [x, w, r] = inputs;
  if (x === undefined || w === undefined || r === undefined) return null;
  const batchFirst = intAttribute(attributes, 'layout', 0) === 1;
  const ordered = batchFirst ? exchange(x) : x;
  const [steps = 0, batch = 0] = ordered.shape;
  if (steps < 1 || inputs[4]?.data.some((length) => length !== steps) === true) return null;
  const count = w.shape[0] ?? 1;
  const cell = node.op === 'LSTM';
  const size = inputs[slot]?.data.length ?? 0;
  // The way forward is the same for every way back.
  const walked: (Walked | null)[] = [];
  return {
    steps,
    cell,
    turns: canTurn(node.op, attributes, steps, batch),
    back(mode) {
      const total = new Float64Array(size);
      for (let d = 0; d < count; d++) {
        const there = (walked[d] ??= walkedOf(
          context,
          directionOf(context, ordered, d, count, batch, batchFirst),
          steps,
        ));
        if (there === null || !walkBack(context, there, mode, steps, total, { d, count, batchFirst })) return null;
      }
      return total;
    },
  };
}

interface Direction {
  readonly attributes: Attributes;
  /** The input of each step, in the order in which steps are taken. */
  readonly xs: readonly Value[];
  /** The step's place in the sequence. */
  readonly places: readonly number[];
  /** W, R, B and P of the direction. */
  readonly parameters: readonly (Value | undefined)[];
  readonly h0: Value;
  readonly c0: Value | undefined;
  /** Cotangents: of Y [steps, batch, hidden] and of the last states [1, batch, hidden]. */
  readonly dy: Value | undefined;
  readonly last: readonly (Value | undefined)[];
}

function directionOf(
  { inputs, cotangents, attributes, node }: BackwardContext,
  x: Value,
  d: number,
  count: number,
  batch: number,
  batchFirst: boolean,
): Direction {
  const steps = x.shape[0] as number;
  const hidden = inputs[2]?.shape[2] ?? 0;
  const reverse = d === 1 || stringAttribute(attributes, 'direction', 'forward') === 'reverse';
  const places = Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i));
  const own = (value: Value | undefined): Value | undefined => (value === undefined ? undefined : placeOf(value, d));
  const state = (value: Value | undefined): Value | undefined =>
    value === undefined ? undefined : own(batchFirst ? exchange(value) : value);
  const none: Value = { dtype: x.dtype, shape: [1, batch, hidden], data: new Float64Array(batch * hidden) };
  return {
    attributes: attributesOf(attributes, d, count),
    xs: places.map((place) => placeOf(x, place)),
    places,
    parameters: [own(inputs[1]), own(inputs[2]), own(inputs[3]), own(inputs[7])],
    h0: state(inputs[5]) ?? none,
    c0: node.op === 'LSTM' ? (state(inputs[6]) ?? none) : undefined,
    dy:
      cotangents[0] === undefined
        ? undefined
        : directionSeeds(cotangents[0], d, batchFirst, [steps, count, batch, hidden]),
    last: [state(cotangents[1]), state(cotangents[2])],
  };
}

/** A direction, and what each of its steps is given. */
interface Walked extends Direction {
  readonly given: readonly (readonly (Value | undefined)[])[];
}

/** The steps of a direction, taken one after the other; null where they cannot be computed. */
function walkedOf({ run, node }: BackwardContext, direction: Direction, steps: number): Walked | null {
  const { attributes, xs, parameters, h0, c0 } = direction;
  const [w, r, b, p] = parameters;
  const given: (Value | undefined)[][] = [];
  let [h, c]: [Value, Value | undefined] = [h0, c0];
  for (let i = 0; i < steps; i++) {
    const inputs = [xs[i], w, r, b, undefined, h, ...(node.op === 'LSTM' ? [c, p] : [])];
    given.push(inputs);
    if (i + 1 === steps) break;
    const outputs = run(node.op, inputs, attributes);
    if (outputs?.[1] === undefined) return null;
    [h, c] = [outputs[1], node.op === 'LSTM' ? outputs[2] : undefined];
  }
  return { ...direction, given };
}

/** What goes back through the steps of one direction, added into `total`. False where it cannot be computed. */
function walkBack(
  context: BackwardContext,
  { attributes, places, h0, dy, last, given }: Walked,
  mode: Mode,
  steps: number,
  total: Float64Array,
  at: { d: number; count: number; batchFirst: boolean },
): boolean {
  const { vjp, node, slot } = context;
  let [h, c] = last;
  for (let i = steps - 1; i >= 0; i--) {
    const place = places[i] as number;
    const seeds = dy === undefined || mode.seeded?.(i) === false ? undefined : asStep(placeOf(dy, place));
    const zero = { ...h0, data: new Float64Array(h0.data.length) };
    const cotangents = [seeds, h ?? zero, ...(node.op === 'LSTM' ? [c ?? zero] : [])];
    const inputs = given[i] as readonly (Value | undefined)[];
    const step: StepBack = mode.step ?? ((given) => vjp({ inputs: given, attributes, cotangents }));
    const parts = step(inputs, cotangents, attributes);
    if (parts === null) return false;
    if (mode.counted?.(i) !== false) collect(parts[slot], slot, place, total, at, i === 0);
    const back = parts[5];
    const turned =
      mode.turned === true && back !== undefined ? turnedBack(context, back, inputs, cotangents, attributes) : back;
    if (turned === null) return false;
    const carried = mode.carried?.(i) !== false;
    h = mode.hidden && carried ? turned : undefined;
    c = mode.cell && carried ? parts[6] : undefined;
  }
  return true;
}

/** Adds what one step sends to the slot where it belongs. */
function collect(
  part: Value | undefined,
  slot: number,
  place: number,
  total: Float64Array,
  { d, count, batchFirst }: { d: number; count: number; batchFirst: boolean },
  first: boolean,
): void {
  if (part === undefined || ((slot === 5 || slot === 6) && !first)) return;
  const add = (to: number, x: number): void => void (total[to] = (total[to] as number) + x);
  const [, batch = 1, width = 1] = part.shape;
  if (slot === 0) {
    const steps = total.length / part.data.length;
    part.data.forEach((x, i) => {
      const [b, k] = [Math.floor(i / width), i % width];
      add(batchFirst ? (b * steps + place) * width + k : place * batch * width + i, x);
    });
  } else if ((slot === 5 || slot === 6) && batchFirst) {
    part.data.forEach((x, i) => add((Math.floor(i / width) * count + d) * width + (i % width), x));
  } else {
    part.data.forEach((x, i) => add(d * part.data.length + i, x));
  }
}

/** The first two axes exchanged. */
function exchange(value: Value): Value {
  const [a = 1, b = 1, ...rest] = value.shape;
  const each = value.data.length / (a * b);
  const data = value.data.map((_, i) => {
    const [pair, k] = [Math.floor(i / each), i % each];
    return value.data[((pair % a) * b + Math.floor(pair / a)) * each + k] as number;
  });
  return { ...value, shape: [b, a, ...rest], data };
}

/** The cotangent of Y that belongs to one direction, as [steps, batch, hidden]. */
function directionSeeds(
  dy: Value,
  d: number,
  batchFirst: boolean,
  sizes: readonly [number, number, number, number],
): Value {
  const [steps, count, batch, hidden] = sizes;
  const data = new Float64Array(steps * batch * hidden);
  data.forEach((_, i) => {
    const [t, b, k] = [Math.floor(i / (batch * hidden)), Math.floor(i / hidden) % batch, i % hidden];
    const from = batchFirst ? ((b * steps + t) * count + d) * hidden + k : ((t * count + d) * batch + b) * hidden + k;
    data[i] = dy.data[from] as number;
  });
  return { ...dy, shape: [steps, batch, hidden], data };
}

/** [1, batch, hidden] as the Y of one step in one direction. */
const asStep = (value: Value): Value => ({ ...value, shape: [1, ...value.shape] });

/** The attributes of one direction by itself, in the plain layout. */
function attributesOf(attributes: Attributes, d: number, count: number): Attributes {
  const { layout: _, direction: __, ...rest } = attributes;
  const listed = ['activations', 'activation_alpha', 'activation_beta'].flatMap((name): [string, Attribute][] => {
    const found = attributes[name];
    if (found === undefined || count === 1) return [];
    if (found.kind !== 'strings' && found.kind !== 'floats') return [];
    const each = found.value.length / count;
    const value = found.value.slice(d * each, (d + 1) * each);
    return [[name, { ...found, value } as Attribute]];
  });
  return { ...rest, ...Object.fromEntries(listed) };
}
