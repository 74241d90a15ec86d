// Written by scripts/generate.mjs: do not edit.
import type { Mutant } from './_mutant.ts';
import { batchFactor } from './batch-factor.ts';
import { bfloat16Output } from './bfloat16-output.ts';
import { biasGradientNotWritten } from './bias-gradient-not-written.ts';
import { biasGradientOverOneRow } from './bias-gradient-over-one-row.ts';
import { biasMissing } from './bias-missing.ts';
import { flattenOrder } from './flatten-order.ts';
import { inputMutated } from './input-mutated.ts';
import { kernelFlipped } from './kernel-flipped.ts';
import { kernelNotFlippedBack } from './kernel-not-flipped-back.ts';
import { lastChannelNotWritten } from './last-channel-not-written.ts';
import { lastExampleOnly } from './last-example-only.ts';
import { lossSummed } from './loss-summed.ts';
import { misWired } from './mis-wired.ts';
import { nonDeterministic } from './non-deterministic.ts';
import { normEpsilon } from './norm-epsilon.ts';
import { paddingOneSide } from './padding-one-side.ts';
import { poolKind } from './pool-kind.ts';
import { poolSpread } from './pool-spread.ts';
import { reluMaskMissing } from './relu-mask-missing.ts';
import { runningStatisticsInTraining } from './running-statistics-in-training.ts';
import { sigmoidDerivativeOfInput } from './sigmoid-derivative-of-input.ts';
import { skipGradientOverwritten } from './skip-gradient-overwritten.ts';
import { skipMissing } from './skip-missing.ts';
import { statisticsConstant } from './statistics-constant.ts';
import { tailDropped } from './tail-dropped.ts';
import { targetNotSubtracted } from './target-not-subtracted.ts';
import { weightGradientTransposed } from './weight-gradient-transposed.ts';
import { weightTransposed } from './weight-transposed.ts';
import { wrongParameter } from './wrong-parameter.ts';

export const mutants: readonly (Mutant)[] = [
  batchFactor,
  bfloat16Output,
  biasGradientNotWritten,
  biasGradientOverOneRow,
  biasMissing,
  flattenOrder,
  inputMutated,
  kernelFlipped,
  kernelNotFlippedBack,
  lastChannelNotWritten,
  lastExampleOnly,
  lossSummed,
  misWired,
  nonDeterministic,
  normEpsilon,
  paddingOneSide,
  poolKind,
  poolSpread,
  reluMaskMissing,
  runningStatisticsInTraining,
  sigmoidDerivativeOfInput,
  skipGradientOverwritten,
  skipMissing,
  statisticsConstant,
  tailDropped,
  targetNotSubtracted,
  weightGradientTransposed,
  weightTransposed,
  wrongParameter,
];
