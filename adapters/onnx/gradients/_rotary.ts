import { intAttribute } from '../../../harness/attributes.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { GradientContext } from '../rule.ts';
import { int } from '../rule.ts';
import { zeros } from './_index.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/** Which inputs hold what. */
export interface Slots {
  readonly cos: number;
  readonly sin: number;
  readonly positions: number;
}

/** Pairs (a, b) of each head were turned by an angle (Su et al. 2021): turned back. Gradients of x (slot 0), cos and sin at their slots. */
export function rotated(context: GradientContext, slots: Slots): (string | undefined)[] {
  const x = context.inputs[0] as string;
  const math = tensorsOf(context, context.dtype(x));
  const view = viewOf(context, slots);
  const [cos, sin] = [angles(context, math, slots, slots.cos, view), angles(context, math, slots, slots.sin, view)];
  const [a, b] = halves(math, arrange(math, x, view), view);
  const [da, db] = halves(math, arrange(math, context.cotangents[0] as string, view), view);
  const { add, sub, mul } = math;
  const turned = [add(mul(da, cos), mul(db, sin)), sub(mul(db, cos), mul(da, sin))] as const;
  const rest = math.slice(arrange(math, context.cotangents[0] as string, view), 3, view.rotary, view.width);
  const whole = unhalve(math, turned, view);
  const all = view.rotary === view.width ? whole : math.concat([whole, rest], 3);
  const gradients: (string | undefined)[] = [restore(math, all, view, context.shape(x))];
  if (context.needs(slots.cos)) {
    gradients[slots.cos] = cacheGradient(context, math, slots, slots.cos, add(mul(da, a), mul(db, b)));
  }
  if (context.needs(slots.sin)) {
    gradients[slots.sin] = cacheGradient(context, math, slots, slots.sin, sub(mul(db, a), mul(da, b)));
  }
  return gradients;
}

interface View {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly width: number;
  /** How many elements of each head are turned. */
  readonly rotary: number;
  /** Pairs are neighbours, not the two halves. */
  readonly interleaved: boolean;
  /** x is [batch, heads, length, width], not [batch, length, heads · width]. */
  readonly split: boolean;
}

function viewOf(context: GradientContext, slots: Slots): View {
  const shape = context.shape(context.inputs[0] as string);
  const split = shape.length === 4;
  const [batch = 1, second = 1, third = 1, fourth = 1] = shape;
  const half = context.shape(context.inputs[slots.cos] as string).at(-1) as number;
  const asked = intAttribute(context.attributes, 'rotary_embedding_dim', 0);
  const named = intAttribute(context.attributes, 'num_heads', 0);
  const heads = split ? second : named > 0 ? named : third / (2 * half);
  const width = split ? fourth : third / heads;
  return {
    batch,
    heads,
    width,
    split,
    length: split ? third : second,
    rotary: asked > 0 ? asked : width,
    interleaved: intAttribute(context.attributes, 'interleaved', 0) === 1,
  };
}

/** [batch, length, heads, width] */
function arrange(math: TensorMath, name: string, { batch, length, heads, width, split }: View): string {
  return split ? math.transpose(name, [0, 2, 1, 3]) : math.reshape(name, [batch, length, heads, width]);
}

function restore(math: TensorMath, name: string, view: View, shape: Shape): string {
  return view.split ? math.transpose(name, [0, 2, 1, 3]) : math.reshape(name, shape);
}

/** Both members of every pair: each [batch, length, heads, rotary / 2]. */
function halves(math: TensorMath, name: string, view: View): readonly [string, string] {
  const half = view.rotary / 2;
  if (!view.interleaved) return [math.slice(name, 3, 0, half), math.slice(name, 3, half, view.rotary)];
  const pairs = math.reshape(math.slice(name, 3, 0, view.rotary), [view.batch, view.length, view.heads, half, 2]);
  const member = (k: number): string =>
    math.reshape(math.slice(pairs, 4, k, k + 1), [view.batch, view.length, view.heads, half]);
  return [member(0), member(1)];
}

function unhalve(math: TensorMath, [a, b]: readonly [string, string], view: View): string {
  if (!view.interleaved) return math.concat([a, b], 3);
  const wide = [a, b].map((name) => math.emitter.emit('Unsqueeze', [name, math.emitter.ints([4])]));
  return math.reshape(math.concat(wide, 4), [view.batch, view.length, view.heads, view.rotary]);
}

/** Rows of the cache at the positions: [batch, length, 1, rotary / 2], or with one row for every batch. */
function angles(context: GradientContext, math: TensorMath, slots: Slots, slot: number, view: View): string {
  const rows = context.emit('Gather', [
    math.reshape(context.inputs[slot] as string, flatCache(context, slot)),
    rowsOf(context, math, slots, view),
  ]);
  return context.emit('Unsqueeze', [rows, context.ints([2])]);
}

const flatCache = (context: GradientContext, slot: number): Shape => [
  -1,
  context.shape(context.inputs[slot] as string).at(-1) as number,
];

/** The row of the flattened cache for each [batch, length]. A cache of rank 3 has a row for each; a single position is the first of a run. */
function rowsOf(context: GradientContext, math: TensorMath, slots: Slots, { batch, length }: View): string {
  const positions = context.inputs[slots.positions] ?? '';
  const run = math.reshape(context.ints(range(length)), [1, length]);
  if (positions === '') return math.reshape(context.ints(range(batch * length)), [batch, length]);
  const single = context.shape(positions).reduce((a, b) => a * b, 1) === 1 && batch * length !== 1;
  return single
    ? context.emit('Expand', [math.add(math.reshape(positions, [1, 1]), run), context.ints([batch, length])])
    : positions;
}

/** Summed over heads, and over all places that read the same row. */
function cacheGradient(context: GradientContext, math: TensorMath, slots: Slots, slot: number, felt: string): string {
  const shape = context.shape(context.inputs[slot] as string);
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const width = shape.at(-1) as number;
  const places = rowsOf(context, math, slots, viewOf(context, slots));
  const updates = math.reshape(math.sum(felt, [2], false), [-1, width]);
  const indices = context.emit('Expand', [math.reshape(places, [-1, 1]), context.ints([1, width])]);
  const slotsOfRows = zeros(context, [rows, width], math.dtype);
  const summed = context.emit('ScatterElements', [slotsOfRows, indices, updates], {
    axis: int(0),
    reduction: { kind: 'string', value: 'add' },
  });
  return math.reshape(summed, shape);
}
