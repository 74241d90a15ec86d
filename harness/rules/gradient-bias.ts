import { broadcastOffsets } from '../oracle/ops/_strided.ts';
import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { Shape } from '../types/tensor.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';
import { dHat, normOf, NORMS } from './_norm-back.ts';

const BROADCAST = ['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Mean', 'PRelu', 'Max', 'Min', 'Where', 'Pow', 'Expand'];

/** What is broadcast forward is summed back: here it is averaged, or summed over other axes, or one place alone is kept. */
export const biasGradient: Rule = {
  id: 'gradient-bias',
  ops: [...BROADCAST, 'Conv', 'ConvTranspose', 'Gemm', 'BiasGelu', ...NORMS],
  *backward(context): Iterable<BackwardHypothesis> {
    const whole = unsummed(context);
    if (whole === null) return;
    const { node, slot } = context;
    const name = node.inputs[slot] as string;
    const size = context.part.data.length;
    const told = (cause: string, what: string, part: Float64Array): BackwardHypothesis =>
      sent(
        cause,
        `the gradient of ${name} ${what}`,
        `Sum over every axis along which ${name} was broadcast, and over no other.`,
        part,
      );
    const { terms, axes, shape } = whole;
    const count = terms.data.length / size;
    for (const { axis, place, which } of singles(axes, shape)) {
      const cause = axis === 0 ? 'gradient.last-example-only' : 'gradient.bias-axis';
      yield told(
        cause,
        `is that of the ${which} place of ${shape[axis]} along axis ${axis} alone`,
        summed(whole, size, (i) => placeAlong(i, shape, axis) === place),
      );
    }
    // Rows of a sequence one after the other: the last of all of them, whatever axes they lie along.
    const rows = axes.length > 1 && axes.every((axis, i) => axis === i) && axes.length < shape.length;
    if (rows) {
      yield told(
        'gradient.last-example-only',
        `is that of the last of ${count} rows alone`,
        summed(whole, size, (i) => Math.floor(i / size) === count - 1),
      );
    }
    // Over the batch alone it is the batch factor, which has a name of its own.
    if (axes.length > 1 || axes[0] !== 0) {
      yield told(
        'gradient.bias-axis',
        `is averaged over all ${count} places, not summed`,
        summed(whole, size).map((x) => x / count),
      );
    }
    const inner = axes.filter((axis) => axis !== 0);
    const positions = sizeOf(inner.map((axis) => shape[axis] as number));
    if (inner.length > 0 && inner.length < axes.length) {
      yield told(
        'gradient.bias-axis',
        `is averaged over the ${positions} positions, not summed`,
        summed(whole, size).map((x) => x / positions),
      );
      yield told(
        'gradient.bias-axis',
        'is summed over the examples, but taken at the first position only',
        summed(whole, size, (i) => inner.every((axis) => placeAlong(i, shape, axis) === 0)),
      );
    }
    yield* elsewhere(whole, size, told);
  },
};

interface Unsummed {
  /** What each place of the output would send. */
  readonly terms: Value;
  readonly shape: Shape;
  /** The element of the input that each term belongs to. */
  readonly offsets: ArrayLike<number>;
  /** The axes that are summed over. */
  readonly axes: readonly number[];
}

/** The terms of the sum over what was broadcast; null where nothing was. */
function unsummed(context: BackwardContext): Unsummed | null {
  const { node, inputs, slot, cotangents, part } = context;
  const [own, dy] = [inputs[slot], cotangents[0]];
  if (own === undefined || dy === undefined || dy.data.length <= part.data.length) return null;
  if (NORMS.includes(node.op)) return ofNorm(context, dy);
  if (node.op === 'Conv' || node.op === 'ConvTranspose') return slot === 2 ? ofChannel(dy, dy.data) : null;
  if (node.op === 'Gemm' && slot !== 2) return null;
  const expanded = expandedPart(context, own, dy);
  if (expanded === null) return null;
  const offsets = broadcastOffsets(own.shape, dy.shape);
  const lead = dy.shape.length - own.shape.length;
  const axes = dy.shape.flatMap((size, axis) => (size > 1 && (own.shape[axis - lead] ?? 1) === 1 ? [axis] : []));
  return { terms: { ...dy, data: expanded }, shape: dy.shape, offsets, axes };
}

/** What the node sends back to the input if that is given in full size. */
function expandedPart({ node, inputs, slot, vjp, run }: BackwardContext, own: Value, dy: Value): Float64Array | null {
  if (node.op === 'Expand') return dy.data;
  const shape: Value = { dtype: 'int64', shape: [dy.shape.length], data: Float64Array.from(dy.shape) };
  const large = run('Expand', [own, shape])?.[0];
  if (large === undefined) return null;
  const part = vjp({ inputs: inputs.map((input, i) => (i === slot ? large : input)) })?.[slot]?.data;
  return part?.length === dy.data.length ? part : null;
}

/** Scale and shift of a norm: dy · x̂ and dy. */
function ofNorm(context: BackwardContext, dy: Value): Unsummed | null {
  const { slot, inputs, node } = context;
  const norm = slot === 1 || slot === 2 ? normOf(context) : null;
  if (norm === null) return null;
  const bare = { ...norm, scale: undefined };
  const data = slot === 1 ? dHat(bare).map((d, i) => d * (norm.statistics.hat[i] as number)) : dy.data;
  const own = inputs[slot] as Value;
  if (node.op.startsWith('Layer') || node.op.includes('RMS') || node.op.startsWith('Simplified')) {
    const lead = dy.shape.length - own.shape.length;
    const axes = dy.shape.flatMap((size, axis) => (size > 1 && (own.shape[axis - lead] ?? 1) === 1 ? [axis] : []));
    return { terms: { ...dy, data }, shape: dy.shape, offsets: broadcastOffsets(own.shape, dy.shape), axes };
  }
  return own.data.length === dy.shape[1] ? ofChannel(dy, data) : null;
}

/** Terms [batch, channel, ...] that are summed for each channel. */
function ofChannel(dy: Value, data: Float64Array): Unsummed {
  const channels = dy.shape[1] ?? 1;
  const positions = sizeOf(dy.shape.slice(2));
  const offsets = data.map((_, i) => Math.floor(i / positions) % channels);
  const axes = dy.shape.flatMap((size, axis) => (axis !== 1 && size > 1 ? [axis] : []));
  return { terms: { ...dy, data }, shape: dy.shape, offsets, axes };
}

function summed({ terms, offsets }: Unsummed, size: number, counts: (i: number) => boolean = () => true): Float64Array {
  const out = new Float64Array(size);
  terms.data.forEach((term, i) => {
    const at = offsets[i] as number;
    if (counts(i)) out[at] = (out[at] as number) + term;
  });
  return out;
}

/** Sums into other elements: along another axis of the same size, or by the place in memory. */
function* elsewhere(
  { terms, shape }: Unsummed,
  size: number,
  told: (cause: string, what: string, part: Float64Array) => BackwardHypothesis,
): Iterable<BackwardHypothesis> {
  if (size < 2) return;
  const into = (of: (i: number) => number): Float64Array =>
    summed({ terms, shape, axes: [], offsets: terms.data.map((_, i) => of(i)) }, size);
  for (const [axis, length] of shape.entries()) {
    if (length !== size) continue;
    yield told(
      'gradient.bias-axis',
      `is summed for each place along axis ${axis}`,
      into((i) => placeAlong(i, shape, axis)),
    );
  }
  yield told(
    'gradient.bias-axis',
    `is summed by place in memory modulo ${size}`,
    into((i) => i % size),
  );
  const each = Math.ceil(terms.data.length / size);
  yield told(
    'gradient.bias-axis',
    `is summed over runs of ${each} neighbours in memory`,
    into((i) => Math.floor(i / each)),
  );
}

const placeAlong = (i: number, shape: Shape, axis: number): number =>
  Math.floor(i / sizeOf(shape.slice(axis + 1))) % (shape[axis] as number);

function singles(axes: readonly number[], shape: Shape) {
  return axes.flatMap((axis) => [
    { axis, place: (shape[axis] as number) - 1, which: 'last' },
    { axis, place: 0, which: 'first' },
  ]);
}
