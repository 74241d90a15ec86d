import { intAttribute } from '../../attributes.ts';
import { stridesOf } from '../../shape.ts';
import type { Cotangent, Operator, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';
import { forEachPooled, globalPooling, type Pooling, poolingOf } from './_pooling.ts';

/** The largest element of each window, and where it lies: the first of several. x [batch, channels, ...], in 1 to 3 dimensions and more. */
export const maxPool: Operator = {
  op: 'MaxPool',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const pooling = poolingOf(context, x);
    const { best, at } = largest(x.data, pooling);
    const y = makeValue(x.dtype, pooling.shape, best);
    if (!context.node.outputs[1]) return [y];
    const columns = intAttribute(context.attributes, 'storage_order', 0) === 1;
    const indices = Float64Array.from(at, (i) => (columns ? columnMajor(i, pooling) : i));
    return [y, makeValue('int64', pooling.shape, indices)];
  },
  vjp: (context) => [maxPoolCotangent(context, poolingOf(context, given(context, context.inputs, 0)))],
};

/** The largest element over the whole of each plane. */
export const globalMaxPool: Operator = {
  op: 'GlobalMaxPool',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const pooling = globalPooling(context, x);
    return [makeValue(x.dtype, pooling.shape, largest(x.data, pooling).best)];
  },
  vjp(context) {
    const x = given(context, context.inputs, 0);
    return [maxPoolCotangent(context, globalPooling(context, x))];
  },
};

/** The first largest element of every window, and its offset in x. NaN counts as largest. */
function largest(x: Float64Array, pooling: Pooling): { best: Float64Array; at: Int32Array } {
  const best = new Float64Array(pooling.planes * pooling.outputSize).fill(Number.NEGATIVE_INFINITY);
  const at = new Int32Array(best.length).fill(-1);
  forEachPooled(pooling, (out, into) => {
    const candidate = x[into]!;
    const largestYet = best[out]!;
    if (at[out] !== -1 && !(candidate > largestYet) && !(Number.isNaN(candidate) && !Number.isNaN(largestYet))) return;
    best[out] = candidate;
    at[out] = into;
  });
  return { best, at };
}

/** dy goes to the first largest element; slack is |dy| at every element that lies within noise of it, if there is another. */
function maxPoolCotangent(context: VjpContext, pooling: Pooling): Cotangent | undefined {
  const dy = seedOf(context, 0);
  const x = given(context, context.inputs, 0);
  if (!dy || !context.needs[0]) return undefined;
  const { round } = context.arithmetic;
  const { best, at } = largest(x.data, pooling);
  const dx = new Float64Array(x.data.length);
  for (let out = 0; out < dy.length; out++) {
    const into = at[out]!;
    if (into >= 0) dx[into] = round(dx[into]! + dy[out]!);
  }
  const noise = context.noise[0] ?? 0;
  const candidates = new Int32Array(dy.length);
  const near = (out: number, into: number): boolean => x.data[into]! >= best[out]! - noise;
  forEachPooled(pooling, (out, into) => {
    if (near(out, into)) candidates[out] = candidates[out]! + 1;
  });
  if (!candidates.some((count) => count > 1)) return cotangentOf(x, dx);
  const slack = new Float64Array(dx.length);
  forEachPooled(pooling, (out, into) => {
    if (candidates[out]! > 1 && near(out, into)) slack[into] = slack[into]! + Math.abs(dy[out]!);
  });
  return cotangentOf(x, dx, slack);
}

/** An offset in x as `storage_order: 1` counts: the first spatial axis fastest. */
function columnMajor(offset: number, pooling: Pooling): number {
  const { input } = pooling.window;
  const strides = stridesOf(input);
  let inPlane = offset % pooling.inputSize;
  let counted = offset - inPlane;
  let stride = 1;
  input.forEach((size, axis) => {
    const index = Math.floor(inPlane / strides[axis]!);
    inPlane -= index * strides[axis]!;
    counted += index * stride;
    stride *= size;
  });
  return counted;
}
