import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import type { GradientRule } from '../rule.ts';
import { float, int } from '../rule.ts';
import { mathOf } from './_math.ts';

/** Y = alpha · op(A) · op(B) + beta · C, where op transposes or not; C is broadcast. */
export const gemm: GradientRule = {
  op: 'Gemm',
  gradient(context) {
    const { attributes, inputs, outputs, needs } = context;
    const [a, b, c] = inputs as [string, string, string?];
    const [y, dy] = [outputs[0] as string, context.cotangents[0] as string];
    const [tA, tB] = [intAttribute(attributes, 'transA', 0) !== 0, intAttribute(attributes, 'transB', 0) !== 0];
    const alpha = floatAttribute(attributes, 'alpha', 1);
    const beta = floatAttribute(attributes, 'beta', 1);
    const product = (p: string, q: string, tP: boolean, tQ: boolean): string =>
      context.emit('Gemm', [p, q], gemmAttributes(alpha, tP, tQ));
    const bias = (): string => {
      const sum = context.unbroadcast(dy, context.shape(y), context.shape(c as string));
      return beta === 1 ? sum : mathOf(context, context.dtype(y)).mul(sum, beta);
    };
    return [
      needs(0) ? (tA ? product(b, dy, tB, true) : product(dy, b, false, !tB)) : undefined,
      needs(1) ? (tB ? product(dy, a, true, tA) : product(a, dy, !tA, false)) : undefined,
      needs(2) ? bias() : undefined,
    ];
  },
};

function gemmAttributes(alpha: number, transA: boolean, transB: boolean): Attributes {
  return { alpha: float(alpha), transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0) };
}
