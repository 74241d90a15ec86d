import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, type Draft, draftOf, otherOrders, pick, range, reshape } from './_draft.ts';
import { isParameter } from './_graph.ts';
import { nameOfFactor, near, shown } from './_numbers.ts';
import { eliminate } from './_solve.ts';

/** Operators that are linear in their first input, but for what they add. */
const AFFINE = [
  'Conv',
  'Gemm',
  'MatMul',
  'Identity',
  'Reshape',
  'Flatten',
  'Transpose',
  'AveragePool',
  'Pad',
  'Add',
  'Sub',
  'Cast',
];
/** Images have so many channels. */
const MOST_CHANNELS = 4;
/** Usual scales, tried where the first layer's own output was not recorded. */
const USUAL = [1 / 255, 255, 1 / 256, 1 / 127.5, 2, 0.5];

/** The network's input read otherwise by the first layer: scaled or shifted, or its channels in another order. */
export const input: Rule = {
  id: 'input',
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, inputs, wiring } = context;
    const [x] = inputs;
    const name = node.inputs[0];
    if (x === undefined || name === undefined || x.dtype !== 'float32') return;
    if (!wiring.graph.inputs.some((i) => i.name === name) || isParameter(context, name) || x.data.length < 2) return;
    yield* channelOrders(context, x);
    yield* scalings(context, x);
  },
};

function channelAxis({ shape }: Value): number | null {
  if (shape.length < 3) return null;
  const found = [1, shape.length - 1].find(
    (axis) => (shape[axis] as number) > 1 && (shape[axis] as number) <= MOST_CHANNELS,
  );
  return found ?? null;
}

function* channelOrders(context: ForwardContext, x: Value): Iterable<ForwardHypothesis> {
  const axis = channelAxis(x);
  if (axis === null) return;
  const name = context.node.inputs[0] as string;
  for (const order of otherOrders(x.shape[axis] as number)) {
    const reversed = order.length === 3 && order.join() === '2,1,0';
    yield {
      cause: 'input.channel-order',
      claim: `the channels of "${name}" are read in the order ${order.join(', ')}${reversed ? ' (RGB and BGR swapped)' : ''}`,
      fix: `Feed the channels of "${name}" in the order that the model was trained with.`,
      specificity: 3,
      edit: changed(context, (draft, from) => pick(draft, from, axis, order)),
    };
  }
}

function* scalings(context: ForwardContext, x: Value): Iterable<ForwardHypothesis> {
  const sets: (Scaling | null)[] =
    context.direct && AFFINE.includes(context.node.op)
      ? [solved(context, x, null), solved(context, x, channelAxis(x))]
      : USUAL.map((s) => ({ scale: [s], shift: [0], axis: null }));
  const name = context.node.inputs[0] as string;
  for (const set of sets) {
    if (set === null || (set.scale.every((s) => near(s, 1)) && set.shift.every((t) => Math.abs(t) < 1e-6))) continue;
    yield {
      cause: 'input.scale',
      claim: `"${name}" is read as ${set.scale.map(shownFactor).join(', ')} times itself${set.shift.some((t) => t !== 0) ? ` plus ${set.shift.map(shown).join(', ')}` : ''}${set.axis === null ? '' : ' by channel'}`,
      fix: `Feed "${name}" as the model expects it: scale and shift it once, in one place.`,
      specificity: 2,
      edit: changed(context, (draft, from) => scaled(draft, from, x, set)),
    };
  }
}

function shownFactor(s: number): string {
  const name = nameOfFactor(s, []);
  return name === null ? shown(s) : `${shown(s)} (${name})`;
}

interface Scaling {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
  readonly axis: number | null;
}

/** The layer is a sum of what each channel of its input, and of a constant 1 there, brings: least squares finds how much of each was used. */
function solved(context: ForwardContext, x: Value, axis: number | null): Scaling | null {
  const { node, attributes, inputs, subject, run } = context;
  const through = (data: Float64Array): Float64Array | null =>
    run(node.op, [{ ...x, data }, ...inputs.slice(1)], attributes, node.domain)?.[0]?.data ?? null;
  const nothing = through(new Float64Array(x.data.length));
  if (nothing === null || nothing.length !== subject.data.length) return null;
  const count = axis === null ? 1 : (x.shape[axis] as number);
  const inner = axis === null ? 1 : x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const isIn = (i: number, c: number): boolean => axis === null || Math.floor(i / inner) % count === c;
  const columns: Float64Array[] = [];
  for (const data of [x.data, new Float64Array(x.data.length).fill(1)]) {
    for (const c of range(count)) {
      const made = through(data.map((v, i) => (isIn(i, c) ? v : 0)));
      if (made === null) return null;
      columns.push(made.map((v, i) => v - (nothing[i] as number)));
    }
  }
  const target = subject.data.map((v, i) => v - (nothing[i] as number));
  const found = leastSquares(columns, target) ?? leastSquares(columns.slice(0, count), target);
  if (found === null) return null;
  const shift = found.slice(count).map((t) => (Math.abs(t) < 1e-6 ? 0 : t));
  return { scale: found.slice(0, count), shift: shift.length > 0 ? shift : range(count).map(() => 0), axis };
}

function leastSquares(columns: readonly Float64Array[], target: Float64Array): number[] | null {
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);
  return eliminate(columns.map((a) => [...columns.map((b) => dot(a, b)), dot(a, target)]));
}

function scaled(draft: Draft, from: string, x: Value, { scale, shift, axis }: Scaling): string {
  const laid = x.shape.map((size, a) => (a === axis ? size : 1));
  const factor = draft.constant(x.dtype, laid, scale);
  return draft.node('Add', [draft.node('Mul', [from, factor]), draft.constant(x.dtype, laid, shift)]);
}

function changed(context: ForwardContext, change: (draft: Draft, from: string) => string): Edit {
  const draft = draftOf(context);
  const name = change(draft, context.node.inputs[0] as string);
  return draft.done(again(draft, context.node, { 0: reshape(draft, name, context.inputs[0]?.shape ?? []) }));
}
