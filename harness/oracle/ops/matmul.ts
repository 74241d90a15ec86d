import { floatAttribute, intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import type { Shape } from '../../types/tensor.ts';
import { reshaped } from '../value.ts';
import { cotangentOf, given, like, misfit, refuse } from './_context.ts';
import { flip, type Matrix, multiplyInto, productAt } from './_matmul.ts';
import { broadcastAll, broadcastOffsets } from './_strided.ts';

interface Options {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
}
const PLAIN: Options = { transA: false, transB: false, alpha: 1 };

/** MatMul as numpy.matmul, and FusedMatMul (com.microsoft) with transposes and a factor. */
export const matmuls: readonly Operator[] = [
  product('MatMul', undefined, () => PLAIN),
  product('FusedMatMul', 'com.microsoft', (context) => {
    const { attributes } = context;
    if (intAttribute(attributes, 'transBatchA', 0) || intAttribute(attributes, 'transBatchB', 0)) {
      return refuse(context, 'transBatchA and transBatchB are not implemented', 'Transpose the batch axes outside.');
    }
    return {
      transA: intAttribute(attributes, 'transA', 0) !== 0,
      transB: intAttribute(attributes, 'transB', 0) !== 0,
      alpha: floatAttribute(attributes, 'alpha', 1),
    };
  }),
];

function product(op: string, domain: string | undefined, options: (context: OperatorContext) => Options): Operator {
  return {
    op,
    ...(domain === undefined ? {} : { domain }),
    forward: (context, inputs) => {
      const plan = planOf(context, given(context, inputs, 0), given(context, inputs, 1), options(context));
      const { a, b, m, depth, n, left, right } = plan;
      const out = new Float64Array(plan.batches.length * m * n);
      for (const [k, { ai, bi }] of plan.batches.entries()) {
        multiplyInto(context.arithmetic, at(a, left, ai), at(b, right, bi), { m, depth, n }, out, k * m * n);
      }
      return [like(given(context, inputs, 0), scaled(out, plan.alpha, context), plan.shape)];
    },
    vjp: (context) => cotangents(context, options(context)),
    forwardAt: (context, inputs, elements) => {
      const plan = planOf(context, given(context, inputs, 0), given(context, inputs, 1), options(context));
      const { a, b, m, depth, n, left, right, batches } = plan;
      const sums = Float64Array.from(elements, (element) => {
        const { ai, bi } = batches[Math.floor(element / (m * n))]!;
        const [r, c] = [Math.floor(element / n) % m, element % n];
        return productAt(context.arithmetic, at(a, left, ai), at(b, right, bi), r, c, depth);
      });
      return scaled(sums, plan.alpha, context);
    },
    vjpAt: (context, slot, elements) => cotangentAt(context, options(context), slot, elements),
  };
}

/** {@link cotangents} at some elements of one operand. */
function cotangentAt(context: VjpContext, options: Options, slot: number, elements: Int32Array): Float64Array | null {
  const dy = context.cotangents[0]?.data;
  if (!dy) return null;
  const plan = planOf(context, given(context, context.inputs, 0), given(context, context.inputs, 1), options);
  const { a, b, m, depth, n, left, right, batches, alpha } = plan;
  const upstream = scaled(dy, alpha, context);
  const [own, size] = slot === 0 ? (['ai', left.size] as const) : (['bi', right.size] as const);
  const [inner, columns] = slot === 0 ? [n, options.transA ? m : depth] : [m, options.transB ? depth : n];
  const uses = new Map<number, number[]>();
  batches.forEach((batch, k) => uses.set(batch[own], [...(uses.get(batch[own]) ?? []), k]));
  return Float64Array.from(elements, (element) => {
    const [r, c] = [Math.floor((element % size) / columns), element % columns];
    let sum = 0;
    for (const k of uses.get(Math.floor(element / size)) ?? []) {
      const { ai, bi } = batches[k]!;
      const d: Matrix = { data: upstream, start: k * m * n, row: n, column: 1 };
      const [x, y] = [at(a, left, ai), at(b, right, bi)];
      const [p, q] = slot === 0 ? [d, flip(y)] : [flip(x), d];
      const turned = slot === 0 ? options.transA : options.transB;
      sum = productAt(context.arithmetic, turned ? flip(q) : p, turned ? flip(p) : q, r, c, inner, sum);
    }
    return sum;
  });
}

/** dA = dY·Bᵀ and dB = Aᵀ·dY, summed over the batches along which an operand was broadcast. */
function cotangents(context: VjpContext, options: Options) {
  const dy = context.cotangents[0]?.data;
  if (!dy) return [];
  const [x, y] = [given(context, context.inputs, 0), given(context, context.inputs, 1)];
  const { a, b, m, depth, n, left, right, batches, alpha } = planOf(context, x, y, options);
  const upstream = scaled(dy, alpha, context);
  const da = new Float64Array(x.data.length);
  const db = new Float64Array(y.data.length);
  for (const [k, { ai, bi }] of batches.entries()) {
    const d: Matrix = { data: upstream, start: k * m * n, row: n, column: 1 };
    // The operands' own layout decides whether the product or its transpose is written.
    if (options.transA)
      multiplyInto(context.arithmetic, at(b, right, bi), flip(d), { m: depth, depth: n, n: m }, da, ai * left.size);
    else multiplyInto(context.arithmetic, d, flip(at(b, right, bi)), { m, depth: n, n: depth }, da, ai * left.size);
    if (options.transB)
      multiplyInto(context.arithmetic, flip(d), at(a, left, ai), { m: n, depth: m, n: depth }, db, bi * right.size);
    else multiplyInto(context.arithmetic, flip(at(a, left, ai)), d, { m: depth, depth: m, n }, db, bi * right.size);
  }
  return [cotangentOf(x, da), cotangentOf(y, db)];
}

interface Layout {
  readonly row: number;
  readonly column: number;
  readonly size: number;
}

const at = (value: Value, { row, column, size }: Layout, batch: number): Matrix => ({
  data: value.data,
  start: batch * size,
  row,
  column,
});

/** A vector on the left is a row, on the right a column; that axis is missing from the result. */
function planOf(context: OperatorContext, x: Value, y: Value, { transA, transB, alpha }: Options) {
  const a = x.shape.length === 1 ? reshaped(x, [1, x.shape[0]!]) : x;
  const b = y.shape.length === 1 ? reshaped(y, [y.shape[0]!, 1]) : y;
  const [m, depth] = swapped(a.shape.slice(-2), transA);
  const [inner, n] = swapped(b.shape.slice(-2), transB);
  if (depth !== inner)
    return misfit(context, `[${x.shape.join(', ')}] × [${y.shape.join(', ')}] have unequal inner lengths`);
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcastAll(context, [batchA, batchB]);
  const ai = broadcastOffsets(batchA, batch);
  const bi = broadcastOffsets(batchB, batch);
  return {
    a,
    b,
    m,
    depth,
    n,
    alpha,
    left: layoutOf(m, depth, transA),
    right: layoutOf(depth, n, transB),
    batches: Array.from({ length: sizeOf(batch) }, (_, k) => ({ ai: ai[k]!, bi: bi[k]! })),
    shape: [...batch, ...(x.shape.length === 1 ? [] : [m]), ...(y.shape.length === 1 ? [] : [n])],
  };
}

function layoutOf(rows: number, columns: number, transposed: boolean): Layout {
  const size = rows * columns;
  return transposed ? { row: 1, column: rows, size } : { row: columns, column: 1, size };
}

function swapped(shape: Shape, swap: boolean): [number, number] {
  const [rows, columns] = shape as [number, number];
  return swap ? [columns, rows] : [rows, columns];
}

function scaled(data: Float64Array, alpha: number, { arithmetic: { round } }: OperatorContext): Float64Array {
  return alpha === 1 ? data : data.map((x) => round(alpha * x));
}
