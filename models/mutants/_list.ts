// Written by scripts/generate.mjs: do not edit.
import type { Mutant } from './_mutant.ts';
import { batchFactor } from './batch-factor.ts';
import { bfloat16Output } from './bfloat16-output.ts';
import { bfloat16Weight } from './bfloat16-weight.ts';
import { biasByRow } from './bias-by-row.ts';
import { biasGradientNotWritten } from './bias-gradient-not-written.ts';
import { biasGradientOverOneColumn } from './bias-gradient-over-one-column.ts';
import { biasMissing } from './bias-missing.ts';
import { biasTwice } from './bias-twice.ts';
import { borderNotWritten } from './border-not-written.ts';
import { bufferNotCleared } from './buffer-not-cleared.ts';
import { dilated } from './dilated.ts';
import { firstExampleOnly } from './first-example-only.ts';
import { flattenOrder } from './flatten-order.ts';
import { globalMaximum } from './global-maximum.ts';
import { globalPoolNotDividedBack } from './global-pool-not-divided-back.ts';
import { globalPoolSummed } from './global-pool-summed.ts';
import { gradientClipped } from './gradient-clipped.ts';
import { gradientNotCleared } from './gradient-not-cleared.ts';
import { gradientSignFlipped } from './gradient-sign-flipped.ts';
import { gradientTailNotWritten } from './gradient-tail-not-written.ts';
import { inputCentred } from './input-centred.ts';
import { inputMutated } from './input-mutated.ts';
import { inputNotScaled } from './input-not-scaled.ts';
import { kernelChannelsLast } from './kernel-channels-last.ts';
import { kernelFlipped } from './kernel-flipped.ts';
import { kernelGradientFlipped } from './kernel-gradient-flipped.ts';
import { kernelNotFlippedBack } from './kernel-not-flipped-back.ts';
import { kernelSideways } from './kernel-sideways.ts';
import { labelsOneOff } from './labels-one-off.ts';
import { labelsSmoothed } from './labels-smoothed.ts';
import { lastChannelNotWritten } from './last-channel-not-written.ts';
import { lastExampleOnly } from './last-example-only.ts';
import { lossInBits } from './loss-in-bits.ts';
import { lossNotAveragedBack } from './loss-not-averaged-back.ts';
import { lossOfProbabilities } from './loss-of-probabilities.ts';
import { lossSummed } from './loss-summed.ts';
import { meanConstant } from './mean-constant.ts';
import { misWired } from './mis-wired.ts';
import { neverWritten } from './never-written.ts';
import { nonDeterministic } from './non-deterministic.ts';
import { normByVariance } from './norm-by-variance.ts';
import { normEachExample } from './norm-each-example.ts';
import { normEpsilonOutside } from './norm-epsilon-outside.ts';
import { normEpsilon } from './norm-epsilon.ts';
import { normMeanNotSubtracted } from './norm-mean-not-subtracted.ts';
import { normScaleAsShift } from './norm-scale-as-shift.ts';
import { normScaleMissing } from './norm-scale-missing.ts';
import { normShiftMissing } from './norm-shift-missing.ts';
import { normUnbiased } from './norm-unbiased.ts';
import { nothingSentBack } from './nothing-sent-back.ts';
import { oneColumnLate } from './one-column-late.ts';
import { outputDoubled } from './output-doubled.ts';
import { paddingByEdge } from './padding-by-edge.ts';
import { paddingForgottenBack } from './padding-forgotten-back.ts';
import { paddingOneSide } from './padding-one-side.ts';
import { poolKind } from './pool-kind.ts';
import { poolSpread } from './pool-spread.ts';
import { poolWindowLate } from './pool-window-late.ts';
import { reluAsGelu } from './relu-as-gelu.ts';
import { reluLeaks } from './relu-leaks.ts';
import { reluMaskInverted } from './relu-mask-inverted.ts';
import { reluMaskMissing } from './relu-mask-missing.ts';
import { reluMissing } from './relu-missing.ts';
import { residualAfterActivation } from './residual-after-activation.ts';
import { rowsReversed } from './rows-reversed.ts';
import { runningStatisticsInTraining } from './running-statistics-in-training.ts';
import { sigmoidAsHardSigmoid } from './sigmoid-as-hard-sigmoid.ts';
import { sigmoidDerivativeHalf } from './sigmoid-derivative-half.ts';
import { sigmoidDerivativeOfInput } from './sigmoid-derivative-of-input.ts';
import { signFlipped } from './sign-flipped.ts';
import { skipGradientOverwritten } from './skip-gradient-overwritten.ts';
import { skipMissing } from './skip-missing.ts';
import { skipSendsNothing } from './skip-sends-nothing.ts';
import { staleBuffer } from './stale-buffer.ts';
import { statisticsConstant } from './statistics-constant.ts';
import { strideIgnored } from './stride-ignored.ts';
import { tailDropped } from './tail-dropped.ts';
import { tanhAsSoftsign } from './tanh-as-softsign.ts';
import { tanhDerivativeNotSquared } from './tanh-derivative-not-squared.ts';
import { tanhDerivativeOfInput } from './tanh-derivative-of-input.ts';
import { targetNotSubtracted } from './target-not-subtracted.ts';
import { uninitialisedRow } from './uninitialised-row.ts';
import { weightByColumns } from './weight-by-columns.ts';
import { weightGradientTransposed } from './weight-gradient-transposed.ts';
import { weightNotTransposedBack } from './weight-not-transposed-back.ts';
import { weightTransposed } from './weight-transposed.ts';
import { writtenChannelsLast } from './written-channels-last.ts';
import { wrongParameter } from './wrong-parameter.ts';

export const mutants: readonly (Mutant)[] = [
  ...batchFactor,
  ...bfloat16Output,
  ...bfloat16Weight,
  ...biasByRow,
  ...biasGradientNotWritten,
  ...biasGradientOverOneColumn,
  ...biasMissing,
  ...biasTwice,
  ...borderNotWritten,
  ...bufferNotCleared,
  ...dilated,
  ...firstExampleOnly,
  ...flattenOrder,
  ...globalMaximum,
  ...globalPoolNotDividedBack,
  ...globalPoolSummed,
  ...gradientClipped,
  ...gradientNotCleared,
  ...gradientSignFlipped,
  ...gradientTailNotWritten,
  ...inputCentred,
  inputMutated,
  ...inputNotScaled,
  ...kernelChannelsLast,
  ...kernelFlipped,
  ...kernelGradientFlipped,
  ...kernelNotFlippedBack,
  ...kernelSideways,
  ...labelsOneOff,
  ...labelsSmoothed,
  ...lastChannelNotWritten,
  ...lastExampleOnly,
  ...lossInBits,
  ...lossNotAveragedBack,
  ...lossOfProbabilities,
  ...lossSummed,
  ...meanConstant,
  ...misWired,
  ...neverWritten,
  nonDeterministic,
  ...normByVariance,
  ...normEachExample,
  ...normEpsilonOutside,
  ...normEpsilon,
  ...normMeanNotSubtracted,
  ...normScaleAsShift,
  ...normScaleMissing,
  ...normShiftMissing,
  ...normUnbiased,
  ...nothingSentBack,
  ...oneColumnLate,
  ...outputDoubled,
  ...paddingByEdge,
  ...paddingForgottenBack,
  ...paddingOneSide,
  ...poolKind,
  ...poolSpread,
  ...poolWindowLate,
  ...reluAsGelu,
  ...reluLeaks,
  ...reluMaskInverted,
  ...reluMaskMissing,
  ...reluMissing,
  ...residualAfterActivation,
  ...rowsReversed,
  ...runningStatisticsInTraining,
  ...sigmoidAsHardSigmoid,
  ...sigmoidDerivativeHalf,
  ...sigmoidDerivativeOfInput,
  ...signFlipped,
  skipGradientOverwritten,
  ...skipMissing,
  ...skipSendsNothing,
  ...staleBuffer,
  ...statisticsConstant,
  ...strideIgnored,
  ...tailDropped,
  ...tanhAsSoftsign,
  ...tanhDerivativeNotSquared,
  ...tanhDerivativeOfInput,
  ...targetNotSubtracted,
  ...uninitialisedRow,
  ...weightByColumns,
  ...weightGradientTransposed,
  ...weightNotTransposedBack,
  ...weightTransposed,
  ...writtenChannelsLast,
  ...wrongParameter,
];
