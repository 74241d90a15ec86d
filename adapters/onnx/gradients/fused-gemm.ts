import type { GradientRule } from '../rule.ts';
import { beforeActivation } from './_fused.ts';
import { gemm } from './gemm.ts';

/** ONNX Runtime's Gemm with its activation: the Gemm of what arrives before the activation. */
export const fusedGemm: GradientRule = {
  op: 'FusedGemm',
  domain: 'com.microsoft',
  gradient: (context) =>
    gemm.gradient({ ...context, cotangents: [beforeActivation(context, context.cotangents[0] as string)] }),
};
