// Written by scripts/generate.mjs: do not edit.
import type { Rule } from '../types/rule.ts';
import { accumulated } from './accumulated.ts';
import { activationConstant, clipBounds } from './activation-constant.ts';
import { activationSlopes } from './activation-slopes.ts';
import { activation } from './activation.ts';
import { attentionHeadsAll } from './attention-heads-all.ts';
import { attentionHeads } from './attention-heads.ts';
import { attentionMask } from './attention-mask.ts';
import { attentionOperands } from './attention-operands.ts';
import { attentionScale } from './attention-scale.ts';
import { axes } from './axes.ts';
import { bias } from './bias.ts';
import { concat } from './concat.ts';
import { convKernel } from './conv-kernel.ts';
import { convPadding } from './conv-padding.ts';
import { convWindow } from './conv-window.ts';
import { dropout } from './dropout.ts';
import { embedding } from './embedding.ts';
import { gemmFactors } from './gemm-factors.ts';
import { accumulatedGradient } from './gradient-accumulated.ts';
import { activationGradient } from './gradient-activation.ts';
import { attentionInside } from './gradient-attention-inside.ts';
import { attentionGradient } from './gradient-attention.ts';
import { batchGradient } from './gradient-batch.ts';
import { biasGradient } from './gradient-bias.ts';
import { binaryTarget } from './gradient-binary.ts';
import { clippedGradient } from './gradient-clipped.ts';
import { compositeGradient } from './gradient-composite.ts';
import { convGradient } from './gradient-conv.ts';
import { einsumGradient } from './gradient-einsum.ts';
import { gatherGradient } from './gradient-gather.ts';
import { pairLossGradient } from './gradient-loss-pair.ts';
import { crossEntropyGradient, softmaxTarget, differenceTarget } from './gradient-loss.ts';
import { choiceGradient, productMaskGradient, dropoutGradient } from './gradient-mask.ts';
import { matmulGradient } from './gradient-matmul.ts';
import { normPartsGradient } from './gradient-norm-parts.ts';
import { normScaleGradient } from './gradient-norm-scale.ts';
import { normGradient } from './gradient-norm.ts';
import { operandGradient } from './gradient-operands.ts';
import { overwrittenGradient } from './gradient-overwritten.ts';
import { padGradient } from './gradient-pad.ts';
import { concatGradient, splitGradient, scalarGradient } from './gradient-parts.ts';
import { maxPoolGradient, averagePoolGradient } from './gradient-pool.ts';
import { recurrentGradient } from './gradient-recurrent.ts';
import { skipNormGradient } from './gradient-skip-norm.ts';
import { softmaxGradient, logSoftmaxGradient } from './gradient-softmax.ts';
import { useGradient } from './gradient-use.ts';
import { hiddenBuffer } from './hidden-buffer.ts';
import { hiddenMoved } from './hidden-moved.ts';
import { hidden } from './hidden.ts';
import { input } from './input.ts';
import { linearTail } from './linear-tail.ts';
import { lossBinary } from './loss-binary.ts';
import { lossProbabilities } from './loss-probabilities.ts';
import { lossWritten } from './loss-written.ts';
import { loss } from './loss.ts';
import { nan, nanBehind } from './nan.ts';
import { normAxis } from './norm-axis.ts';
import { normCancellation } from './norm-cancellation.ts';
import { normEpsilon } from './norm-epsilon.ts';
import { normMomentum } from './norm-momentum.ts';
import { normOther } from './norm-other.ts';
import { normStatistics } from './norm-statistics.ts';
import { normWrittenSwapped } from './norm-written-swapped.ts';
import { normWritten } from './norm-written.ts';
import { norm } from './norm.ts';
import { pad } from './pad.ts';
import { pool } from './pool.ts';
import { position } from './position.ts';
import { precision } from './precision.ts';
import { recurrentDirection } from './recurrent-direction.ts';
import { recurrentGates } from './recurrent-gates.ts';
import { recurrentState } from './recurrent-state.ts';
import { recurrentTruncated } from './recurrent-truncated.ts';
import { recurrent } from './recurrent.ts';
import { reduction } from './reduction.ts';
import { region } from './region.ts';
import { residual } from './residual.ts';
import { resize, gridSample } from './resize.ts';
import { ropeWritten } from './rope-written.ts';
import { rope } from './rope.ts';
import { scale } from './scale.ts';
import { shifted } from './shifted.ts';
import { softmaxWritten } from './softmax-written.ts';
import { softmax } from './softmax.ts';
import { stale } from './stale.ts';
import { subtraction } from './subtraction.ts';
import { threshold } from './threshold.ts';
import { weight } from './weight.ts';
import { wiring } from './wiring.ts';
import { zero } from './zero.ts';

export const rules: readonly (Rule)[] = [
  accumulated,
  activationConstant,
  clipBounds,
  activationSlopes,
  activation,
  attentionHeadsAll,
  attentionHeads,
  attentionMask,
  attentionOperands,
  attentionScale,
  axes,
  bias,
  concat,
  convKernel,
  convPadding,
  convWindow,
  dropout,
  embedding,
  gemmFactors,
  accumulatedGradient,
  activationGradient,
  attentionInside,
  attentionGradient,
  batchGradient,
  biasGradient,
  binaryTarget,
  clippedGradient,
  compositeGradient,
  convGradient,
  einsumGradient,
  gatherGradient,
  pairLossGradient,
  crossEntropyGradient,
  softmaxTarget,
  differenceTarget,
  choiceGradient,
  productMaskGradient,
  dropoutGradient,
  matmulGradient,
  normPartsGradient,
  normScaleGradient,
  normGradient,
  operandGradient,
  overwrittenGradient,
  padGradient,
  concatGradient,
  splitGradient,
  scalarGradient,
  maxPoolGradient,
  averagePoolGradient,
  recurrentGradient,
  skipNormGradient,
  softmaxGradient,
  logSoftmaxGradient,
  useGradient,
  hiddenBuffer,
  hiddenMoved,
  hidden,
  input,
  linearTail,
  lossBinary,
  lossProbabilities,
  lossWritten,
  loss,
  nan,
  nanBehind,
  normAxis,
  normCancellation,
  normEpsilon,
  normMomentum,
  normOther,
  normStatistics,
  normWrittenSwapped,
  normWritten,
  norm,
  pad,
  pool,
  position,
  precision,
  recurrentDirection,
  recurrentGates,
  recurrentState,
  recurrentTruncated,
  recurrent,
  reduction,
  region,
  residual,
  resize,
  gridSample,
  ropeWritten,
  rope,
  scale,
  shifted,
  softmaxWritten,
  softmax,
  stale,
  subtraction,
  threshold,
  weight,
  wiring,
  zero,
];
