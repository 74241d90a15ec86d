// Written by scripts/generate.mjs: do not edit.
import type { GradientRule, NoGradient } from '../rule.ts';
import { affineGrid } from './affine-grid.ts';
import { arithmetic } from './arithmetic.ts';
import { attention } from './attention.ts';
import { averagePool, globalAveragePool } from './average-pool.ts';
import { batchNormalization } from './batch-normalization.ts';
import { biasGelus } from './bias-gelu.ts';
import { blockMoves } from './block-moves.ts';
import { clip } from './clip.ts';
import { col2im } from './col2im.ts';
import { concat } from './concat.ts';
import { convTranspose } from './conv-transpose.ts';
import { conv, fusedConv } from './conv.ts';
import { cumProd } from './cumulative-product.ts';
import { cumSum } from './cumulative-sum.ts';
import { deformConv } from './deform-conv.ts';
import { dequantizeLinear } from './dequantize-linear.ts';
import { det } from './det.ts';
import { dft } from './dft.ts';
import { dropout } from './dropout.ts';
import { einsum } from './einsum.ts';
import { elementary } from './elementary.ts';
import { extrema } from './extrema.ts';
import { fusedGemm } from './fused-gemm.ts';
import { fusedMatMul } from './fused-matmul.ts';
import { gathers } from './gather.ts';
import { gemm } from './gemm.ts';
import { gridSample } from './grid-sample.ts';
import { gru } from './gru.ts';
import { hardActivations } from './hard-family.ts';
import { instanceNormalization, groupNormalization } from './instance-normalization.ts';
import { layerNormalization } from './layer-normalization.ts';
import { lpNormalization } from './lp-normalization.ts';
import { lpPool, globalLpPool } from './lp-pool.ts';
import { lrn } from './lrn.ts';
import { lstm } from './lstm.ts';
import { matMul } from './matmul.ts';
import { maxPool, globalMaxPool } from './max-pool.ts';
import { maxRoiPool } from './max-roi-pool.ts';
import { maxUnpool } from './max-unpool.ts';
import { meanVarianceNormalization } from './mean-variance-normalization.ts';
import { microsoftAttention } from './microsoft-attention.ts';
import { microsoftRotaryEmbedding } from './microsoft-rotary-embedding.ts';
import { multiHeadAttention } from './multi-head-attention.ts';
import { negativeLogLikelihoodLoss } from './negative-log-likelihood-loss.ts';
import { withoutGradient } from './none.ts';
import { oneHot } from './one-hot.ts';
import { pad } from './pad.ts';
import { pow } from './pow.ts';
import { prelu } from './prelu.ts';
import { range } from './range.ts';
import { reductions } from './reductions.ts';
import { reluFamily } from './relu-family.ts';
import { resize } from './resize.ts';
import { rmsNormalization, simplifiedLayerNormalization } from './rms-normalization.ts';
import { rnn } from './rnn.ts';
import { roiAlign } from './roi-align.ts';
import { rotaryEmbedding } from './rotary-embedding.ts';
import { scatters } from './scatter.ts';
import { shapeOnly } from './shape-only.ts';
import { smoothActivations } from './sigmoid-family.ts';
import { skipLayerNormalization, skipSimplifiedLayerNormalization } from './skip-normalization.ts';
import { slice } from './slice.ts';
import { softmaxCrossEntropyLoss } from './softmax-cross-entropy-loss.ts';
import { softmax, logSoftmax } from './softmax.ts';
import { split } from './split.ts';
import { stft } from './stft.ts';
import { sums } from './sum-mean.ts';
import { tensorScatter } from './tensor-scatter.ts';
import { repetitions } from './tile-expand.ts';
import { topK } from './top-k.ts';
import { trigonometry } from './trigonometry.ts';
import { unique } from './unique.ts';
import { where } from './where.ts';

export const gradientRules: readonly (GradientRule | NoGradient)[] = [
  affineGrid,
  ...arithmetic,
  attention,
  averagePool,
  globalAveragePool,
  batchNormalization,
  ...biasGelus,
  ...blockMoves,
  clip,
  col2im,
  concat,
  convTranspose,
  conv,
  fusedConv,
  cumProd,
  cumSum,
  deformConv,
  dequantizeLinear,
  det,
  dft,
  dropout,
  einsum,
  ...elementary,
  ...extrema,
  fusedGemm,
  fusedMatMul,
  ...gathers,
  gemm,
  gridSample,
  gru,
  ...hardActivations,
  instanceNormalization,
  groupNormalization,
  layerNormalization,
  lpNormalization,
  lpPool,
  globalLpPool,
  lrn,
  lstm,
  matMul,
  maxPool,
  globalMaxPool,
  maxRoiPool,
  maxUnpool,
  meanVarianceNormalization,
  microsoftAttention,
  microsoftRotaryEmbedding,
  multiHeadAttention,
  negativeLogLikelihoodLoss,
  ...withoutGradient,
  oneHot,
  pad,
  pow,
  prelu,
  range,
  ...reductions,
  ...reluFamily,
  resize,
  rmsNormalization,
  simplifiedLayerNormalization,
  rnn,
  roiAlign,
  rotaryEmbedding,
  ...scatters,
  ...shapeOnly,
  ...smoothActivations,
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
  slice,
  softmaxCrossEntropyLoss,
  softmax,
  logSoftmax,
  split,
  stft,
  ...sums,
  tensorScatter,
  ...repetitions,
  topK,
  ...trigonometry,
  unique,
  where,
];
