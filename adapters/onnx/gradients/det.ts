import type { GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { cast } from './_cast.ts';
import { reshape } from './_reshape.ts';
import { mathOf } from './_math.ts';

/**
 * d det X / d X is the matrix of cofactors: (−1)^(i+j) times the determinant of X without row i and column j. Unlike
 * det(X) · X⁻ᵀ this holds for singular matrices too, and asks for no inverse, which ONNX does not have.
 */
export const det: GradientRule = {
  op: 'Det',
  gradient(context) {
    const x = context.inputs[0] as string;
    const shape = context.shape(x);
    const [batch, n] = [shape.slice(0, -2), shape.at(-1) as number];
    const { mul } = mathOf(context, context.dtype(x));
    const dy = reshape(context, context.cotangents[0] as string, [...batch, 1, 1]);
    if (n === 1) return [dy];
    const flat = reshape(context, x, [...batch, n * n]);
    const picked = context.emit('Gather', [flat, context.ints(minorsOf(n))], { axis: int(-1) });
    const minors = reshape(context, picked, [...batch, n * n, n - 1, n - 1]);
    const determinants = reshape(context, context.emit('Det', [minors]), [...batch, n, n]);
    const signs = cast(context, context.ints(checkerboard(n)), context.dtype(x));
    return [mul(dy, mul(determinants, reshape(context, signs, [n, n])))];
  },
};

/** Offsets in a flat n × n matrix of its n² minors, one after the other. */
function minorsOf(n: number): number[] {
  const axis = Array.from({ length: n }, (_, k) => k);
  const without = (gone: number): number[] => axis.filter((k) => k !== gone);
  return axis.flatMap((i) =>
    axis.flatMap((j) => without(i).flatMap((row) => without(j).map((column) => row * n + column))),
  );
}

function checkerboard(n: number): number[] {
  return Array.from({ length: n * n }, (_, k) => ((Math.floor(k / n) + (k % n)) % 2 === 0 ? 1 : -1));
}
