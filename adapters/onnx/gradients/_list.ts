// Written by scripts/generate.mjs: do not edit.
import type { GradientRule, NoGradient } from '../rule.ts';
import { arithmetic } from './arithmetic.ts';
import { averagePool, globalAveragePool } from './average-pool.ts';
import { batchNormalization } from './batch-normalization.ts';
import { biasGelus } from './bias-gelu.ts';
import { clip } from './clip.ts';
import { convTranspose } from './conv-transpose.ts';
import { conv } from './conv.ts';
import { dropout } from './dropout.ts';
import { elementary } from './elementary.ts';
import { extrema } from './extrema.ts';
import { gemm } from './gemm.ts';
import { hardActivations } from './hard-family.ts';
import { layerNormalization } from './layer-normalization.ts';
import { lpPool, globalLpPool } from './lp-pool.ts';
import { matMul } from './matmul.ts';
import { maxPool, globalMaxPool } from './max-pool.ts';
import { maxUnpool } from './max-unpool.ts';
import { negativeLogLikelihoodLoss } from './negative-log-likelihood-loss.ts';
import { pow } from './pow.ts';
import { prelu } from './prelu.ts';
import { reluFamily } from './relu-family.ts';
import { smoothActivations } from './sigmoid-family.ts';
import { softmaxCrossEntropyLoss } from './softmax-cross-entropy-loss.ts';
import { softmax, logSoftmax } from './softmax.ts';
import { sums } from './sum-mean.ts';
import { trigonometry } from './trigonometry.ts';
import { where } from './where.ts';

export const gradientRules: readonly (GradientRule | NoGradient)[] = [
  ...arithmetic,
  averagePool,
  globalAveragePool,
  batchNormalization,
  ...biasGelus,
  clip,
  convTranspose,
  conv,
  dropout,
  ...elementary,
  ...extrema,
  gemm,
  ...hardActivations,
  layerNormalization,
  lpPool,
  globalLpPool,
  matMul,
  maxPool,
  globalMaxPool,
  maxUnpool,
  negativeLogLikelihoodLoss,
  pow,
  prelu,
  ...reluFamily,
  ...smoothActivations,
  softmaxCrossEntropyLoss,
  softmax,
  logSoftmax,
  ...sums,
  ...trigonometry,
  where,
];
