import type { GradientRule } from '../rule.ts';
import { matMulGradients } from './_matmul.ts';

/** Matrix product of any ranks. */
export const matMul: GradientRule = {
  op: 'MatMul',
  gradient: (context) =>
    matMulGradients(
      context,
      context.cotangents[0] as string,
      context.inputs.map((name, slot) => ({ name, shape: context.shape(name), needed: context.needs(slot) })),
    ),
};
