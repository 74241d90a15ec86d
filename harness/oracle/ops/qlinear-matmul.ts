import type { Arithmetic, Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { given, refuse } from './_context.ts';
import { centred, ofSteps, type Steps } from './_quantize.ts';
import { matmuls } from './matmul.ts';

const EXACT: Arithmetic = { name: 'float64', round: (x) => x };

/** Quantised MatMul: y = saturate(round(Σ (a − zₐ)(b − z_b) · sₐ·s_b/s_y) + z_y); a's scale for all or for each row, b's for all or for each column. */
export const qLinearMatMul: Operator = {
  op: 'QLinearMatMul',
  noDerivative: 'its inputs are integers',
  ...ofSteps(inSteps),
};

function inSteps(context: OperatorContext, inputs: readonly (Value | undefined)[]): Steps {
  const input = (i: number): Value => given(context, inputs, i);
  const { round } = context.arithmetic;
  const [a, b] = [input(0), input(3)];
  const [scaleA, scaleB, scaleY, zeroY] = [input(1), input(4), input(6), input(7)];
  const rows = a.shape.at(-2) ?? 1;
  const columns = b.shape.at(-1)!;
  const left = centred(a, input(2), perLine(context, input(2), rows, a.shape.at(-1)!));
  const right = centred(b, input(5), perLine(context, input(5), columns, 1));
  const [product] = matmuls[0]!.forward({ ...context, arithmetic: EXACT }, [
    { ...a, dtype: 'float64', data: left },
    { ...b, dtype: 'float64', data: right },
  ]);
  const [ofRow, ofColumn] = [perLine(context, scaleA, rows, columns), perLine(context, scaleB, columns, 1)];
  const steps = product!.data.map((sum, i) => {
    const scale = round(round(scaleA.data[ofRow(i)]! * scaleB.data[ofColumn(i)]!) / scaleY.data[0]!);
    return round(sum * scale);
  });
  return { steps, zero: zeroY, shape: product!.shape };
}

/** Which of the parameters (one, or one for each of `count` lines of `step` elements) stands at an element. */
function perLine(context: OperatorContext, parameter: Value, count: number, step: number): (i: number) => number {
  if (parameter.data.length === 1) return () => 0;
  if (parameter.data.length === count) return (i) => Math.floor(i / step) % count;
  return refuse(
    context,
    `${parameter.data.length} scales or zero points for ${count} lines`,
    'One for all, or one a line, is supported.',
  );
}
