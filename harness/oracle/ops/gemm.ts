import { floatAttribute, intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like, misfit } from './_context.ts';
import { summedTo } from './_elementwise.ts';
import { flip, type Matrix, matrixProduct, productAt } from './_matmul.ts';
import { broadcastOffsets } from './_strided.ts';

/** alpha·A'·B' + beta·C, where ' is an optional transpose and C broadcasts to [m, n]. */
export const gemm: Operator = {
  op: 'Gemm',
  forward: (context, inputs) => {
    const { a, b, size, alpha, beta } = planOf(context, inputs);
    const r = context.arithmetic.round;
    const data = matrixProduct(context.arithmetic, a, b, size);
    if (alpha !== 1) for (let i = 0; i < data.length; i++) data[i] = r(alpha * data[i]!);
    const c = inputs[2];
    if (c) {
      const offsets = broadcastOffsets(c.shape, [size.m, size.n]);
      for (let i = 0; i < data.length; i++) data[i] = r(data[i]! + r(beta * c.data[offsets[i]!]!));
    }
    return [like(given(context, inputs, 0), data, [size.m, size.n])];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    if (!dy) return [];
    const { a, b, size, alpha, beta, transA, transB } = planOf(context, context.inputs);
    const { m, depth, n } = size;
    const r = context.arithmetic.round;
    const scale = (factor: number) => (factor === 1 ? dy : dy.map((d) => r(factor * d)));
    const d: Matrix = { data: scale(alpha), start: 0, row: n, column: 1 };
    const [x, y, c] = [given(context, context.inputs, 0), given(context, context.inputs, 1), context.inputs[2]];
    const times = (p: Matrix, q: Matrix, rows: number, inner: number, columns: number) =>
      matrixProduct(context.arithmetic, p, q, { m: rows, depth: inner, n: columns });
    // dA' = dY·B'ᵀ and dB' = A'ᵀ·dY; where an operand was transposed, the transpose of that.
    const da = transA ? times(b, flip(d), depth, n, m) : times(d, flip(b), m, n, depth);
    const db = transB ? times(flip(d), a, n, m, depth) : times(flip(a), d, depth, m, n);
    const dc = c && summedTo(c, scale(beta), broadcastOffsets(c.shape, [m, n]), r, null);
    return [cotangentOf(x, da), cotangentOf(y, db), dc];
  },
  forwardAt: (context, inputs, elements) => {
    const { a, b, size, alpha, beta } = planOf(context, inputs);
    const r = context.arithmetic.round;
    const c = inputs[2];
    const offsets = c && broadcastOffsets(c.shape, [size.m, size.n]);
    return Float64Array.from(elements, (element) => {
      const sum = productAt(context.arithmetic, a, b, Math.floor(element / size.n), element % size.n, size.depth);
      const scaled = alpha === 1 ? sum : r(alpha * sum);
      return c && offsets ? r(scaled + r(beta * c.data[offsets[element]!]!)) : scaled;
    });
  },
  vjpAt: (context, slot, elements) => {
    const dy = context.cotangents[0]?.data;
    if (!dy || slot > 1) return null;
    const { a, b, size, alpha, transA, transB } = planOf(context, context.inputs);
    const { m, depth, n } = size;
    const r = context.arithmetic.round;
    const d: Matrix = { data: alpha === 1 ? dy : dy.map((x) => r(alpha * x)), start: 0, row: n, column: 1 };
    const [p, q, inner, columns] =
      slot === 0
        ? transA
          ? ([b, flip(d), n, m] as const)
          : ([d, flip(b), n, depth] as const)
        : transB
          ? ([flip(d), a, m, depth] as const)
          : ([flip(a), d, m, n] as const);
    return Float64Array.from(elements, (element) =>
      productAt(context.arithmetic, p, q, Math.floor(element / columns), element % columns, inner),
    );
  },
};

function planOf(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const { attributes } = context;
  const transA = intAttribute(attributes, 'transA', 0) !== 0;
  const transB = intAttribute(attributes, 'transB', 0) !== 0;
  const a = matrix(context, given(context, inputs, 0), transA);
  const b = matrix(context, given(context, inputs, 1), transB);
  if (a.columns !== b.rows) return misfit(context, `${a.columns} columns do not meet ${b.rows} rows`);
  return {
    a: a.matrix,
    b: b.matrix,
    size: { m: a.rows, depth: a.columns, n: b.columns },
    alpha: floatAttribute(attributes, 'alpha', 1),
    beta: floatAttribute(attributes, 'beta', 1),
    transA,
    transB,
  };
}

function matrix(context: OperatorContext, { shape, data }: Value, transposed: boolean) {
  if (shape.length !== 2) return misfit(context, `an operand of shape [${shape.join(', ')}] is not a matrix`);
  const [rows, columns] = shape as unknown as [number, number];
  const stored: Matrix = { data, start: 0, row: columns, column: 1 };
  return transposed ? { matrix: flip(stored), rows: columns, columns: rows } : { matrix: stored, rows, columns };
}
