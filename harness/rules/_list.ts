// Written by scripts/generate.mjs: do not edit.
import type { Rule } from '../types/rule.ts';
import { activationConstant, clipBounds } from './activation-constant.ts';
import { activation } from './activation.ts';
import { attentionMask } from './attention-mask.ts';
import { attentionScale } from './attention-scale.ts';
import { axes } from './axes.ts';
import { bias } from './bias.ts';
import { concat } from './concat.ts';
import { convKernel } from './conv-kernel.ts';
import { convPadding } from './conv-padding.ts';
import { convWindow } from './conv-window.ts';
import { activationGradient } from './gradient-activation.ts';
import { crossEntropyGradient, softmaxTarget, differenceTarget } from './gradient-loss.ts';
import { choiceGradient, productMaskGradient, dropoutGradient } from './gradient-mask.ts';
import { overwrittenGradient } from './gradient-overwritten.ts';
import { softmaxGradient, logSoftmaxGradient } from './gradient-softmax.ts';
import { linearTail } from './linear-tail.ts';
import { normAxis } from './norm-axis.ts';
import { normCancellation } from './norm-cancellation.ts';
import { normEpsilon } from './norm-epsilon.ts';
import { normMomentum } from './norm-momentum.ts';
import { normStatistics } from './norm-statistics.ts';
import { norm } from './norm.ts';
import { pad } from './pad.ts';
import { pool } from './pool.ts';
import { precision } from './precision.ts';
import { reduction } from './reduction.ts';
import { region } from './region.ts';
import { residual } from './residual.ts';
import { scale } from './scale.ts';
import { shifted } from './shifted.ts';
import { softmax, softmaxNan } from './softmax.ts';
import { stale } from './stale.ts';
import { weight } from './weight.ts';
import { wiring } from './wiring.ts';
import { zero } from './zero.ts';

export const rules: readonly (Rule)[] = [
  activationConstant,
  clipBounds,
  activation,
  attentionMask,
  attentionScale,
  axes,
  bias,
  concat,
  convKernel,
  convPadding,
  convWindow,
  activationGradient,
  crossEntropyGradient,
  softmaxTarget,
  differenceTarget,
  choiceGradient,
  productMaskGradient,
  dropoutGradient,
  overwrittenGradient,
  softmaxGradient,
  logSoftmaxGradient,
  linearTail,
  normAxis,
  normCancellation,
  normEpsilon,
  normMomentum,
  normStatistics,
  norm,
  pad,
  pool,
  precision,
  reduction,
  region,
  residual,
  scale,
  shifted,
  softmax,
  softmaxNan,
  stale,
  weight,
  wiring,
  zero,
];
