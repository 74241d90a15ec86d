import { floatAttribute, intAttribute } from '../attributes.ts';
import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';
import { placeOf, reread, transposed } from './_matrix.ts';

const ROWS_FIX = 'Add up the products of all rows (examples and positions), not of one.';

/** Matrix products on the way back: the other operand not transposed, the result transposed, one example instead of all. */
export const matmulGradient: Rule = {
  id: 'gradient-matmul',
  ops: ['MatMul', 'Gemm'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { inputs, slot, cotangents, part, node, wiring } = context;
    const [a, b] = inputs;
    const dy = cotangents[0];
    if (slot > 1 || a === undefined || b === undefined || dy === undefined) return;
    if (a.shape.length < 2 || b.shape.length < 2) return;
    const weight = wiring.graph.initializers.has(node.inputs[slot] as string);
    yield* otherOperand(context, a, b, dy);
    const flipped = transposed(part);
    yield sent(
      'gradient.transposed',
      `the gradient of ${node.inputs[slot]} is transposed`,
      'Exchange rows and columns of the gradient (or the operands of the product).',
      transposed(reread(part)).data,
    );
    if (weight || slot === 1) {
      yield sent(
        'gradient.transposed',
        `the gradient of ${node.inputs[slot]} is transposed`,
        'Exchange rows and columns of the gradient (or the operands of the product).',
        flipped.data,
      );
      yield* oneExample(context, dy);
    }
  },
};

/** dA = dY·Bᵀ and dB = Aᵀ·dY, with the other operand as it lies in memory, or its rows and columns exchanged. */
function* otherOperand(context: BackwardContext, a: Value, b: Value, dy: Value): Iterable<BackwardHypothesis> {
  const { slot, node, attributes, part, run } = context;
  const alpha = node.op === 'Gemm' ? floatAttribute(attributes, 'alpha', 1) : 1;
  const turned = [intAttribute(attributes, 'transA', 0), intAttribute(attributes, 'transB', 0)].map((t) => t !== 0);
  const other = slot === 0 ? b : a;
  // As the forward pass reads it: [K, N] for B, [M, K] for A.
  const straight = turned[1 - slot] === true ? transposed(other) : other;
  const name = node.inputs[1 - slot];
  const tried = [straight, reread(straight), transposed(reread(transposed(straight)))];
  for (const wrong of tried) {
    const product = slot === 0 ? run('MatMul', [dy, wrong]) : run('MatMul', [wrong, dy]);
    const found = product?.[0];
    if (found === undefined) continue;
    const summed = sumLeading(found.data, part.data.length);
    const result = { ...found, data: summed, shape: found.shape.slice(-2) };
    const flat = summed.length === sizeOf(result.shape);
    const laid = turned[slot] === true && flat ? transposed(result).data : summed;
    if (laid.length !== part.data.length) continue;
    yield sent(
      'gradient.weight-not-transposed',
      `the gradient of ${node.inputs[slot]} is computed with ${name} as in the forward pass, not transposed`,
      `Multiply by the transpose of ${name}.`,
      alpha === 1 ? laid : laid.map((x) => x * alpha),
    );
  }
}

/** Only the last (or first) place along each leading axis of the rows takes part. */
function* oneExample({ inputs, slot, vjp, node, part }: BackwardContext, dy: Value): Iterable<BackwardHypothesis> {
  const other = inputs[1 - slot] as Value;
  const size = dy.shape[0] ?? 1;
  if (size < 2) return;
  const turned = intAttribute(node.attributes, slot === 1 ? 'transA' : 'transB', 0) !== 0;
  // Rows of dY are rows of A; columns of dY are columns of B. Only sums over rows run over examples.
  if (slot !== 1 || turned || other.shape[0] !== size) return;
  const ways = [
    ['last', size - 1],
    ['first', 0],
  ] as const;
  for (const [which, place] of ways) {
    const changed = inputs.map((input, i) => (i === 0 ? placeOf(other, place) : input));
    const one = vjp({ inputs: changed, cotangents: [placeOf(dy, place)] })?.[slot]?.data;
    if (one === undefined || one.length !== part.data.length) continue;
    yield sent(
      'gradient.last-example-only',
      `only the ${which} of ${size} examples takes part in the gradient of ${node.inputs[slot]}`,
      ROWS_FIX,
      one,
    );
  }
}

/** Sums what broadcasting repeated in front. */
function sumLeading(data: Float64Array, size: number): Float64Array {
  if (data.length <= size || data.length % size !== 0) return data;
  const out = new Float64Array(size);
  data.forEach((x, i) => (out[i % size] = (out[i % size] as number) + x));
  return out;
}
