// Written by scripts/generate.mjs: do not edit.
import type { Mutant } from './_mutant.ts';
import { attentionDiagonal } from './attention-diagonal.ts';
import { attentionNotScaledBack } from './attention-not-scaled-back.ts';
import { attentionNotScaled } from './attention-not-scaled.ts';
import { attentionOverScaled } from './attention-over-scaled.ts';
import { averageAsMaximum } from './average-as-maximum.ts';
import { averageCountsPadding } from './average-counts-padding.ts';
import { averageLeavesPaddingOut } from './average-leaves-padding-out.ts';
import { averageNotDividedBack } from './average-not-divided-back.ts';
import { batchFactor } from './batch-factor.ts';
import { batchStatisticsInEvaluation } from './batch-statistics-in-evaluation.ts';
import { bfloat16Gradient } from './bfloat16-gradient.ts';
import { bfloat16Output } from './bfloat16-output.ts';
import { bfloat16Weight } from './bfloat16-weight.ts';
import { biasByRow } from './bias-by-row.ts';
import { biasGradientNotWritten } from './bias-gradient-not-written.ts';
import { biasGradientOverOneColumn } from './bias-gradient-over-one-column.ts';
import { biasMissing } from './bias-missing.ts';
import { biasTwice } from './bias-twice.ts';
import { bilinearAsNearest } from './bilinear-as-nearest.ts';
import { borderNotWritten } from './border-not-written.ts';
import { bothForwards } from './both-forwards.ts';
import { bufferNotCleared } from './buffer-not-cleared.ts';
import { candidateNotSquashed } from './candidate-not-squashed.ts';
import { cellNotCarried } from './cell-not-carried.ts';
import { cellNotSquashed } from './cell-not-squashed.ts';
import { channelsBgr } from './channels-bgr.ts';
import { concatOrder } from './concat-order.ts';
import { concatPartsSwappedBack } from './concat-parts-swapped-back.ts';
import { concatSkipSendsNothing } from './concat-skip-sends-nothing.ts';
import { depthwiseFirstChannel } from './depthwise-first-channel.ts';
import { depthwiseMultiplierOrder } from './depthwise-multiplier-order.ts';
import { dilated } from './dilated.ts';
import { dilationIgnoredBack } from './dilation-ignored-back.ts';
import { dilationIgnored } from './dilation-ignored.ts';
import { dropoutActive } from './dropout-active.ts';
import { dropoutMaskDrawnAgain } from './dropout-mask-drawn-again.ts';
import { dropoutMaskMissingBack } from './dropout-mask-missing-back.ts';
import { dropoutNotScaled } from './dropout-not-scaled.ts';
import { dropoutScaledInEvaluation } from './dropout-scaled-in-evaluation.ts';
import { eluAlpha } from './elu-alpha.ts';
import { eluAsLeaky } from './elu-as-leaky.ts';
import { eluDerivativeWithoutAlpha } from './elu-derivative-without-alpha.ts';
import { embeddingGradientOverwritten } from './embedding-gradient-overwritten.ts';
import { embeddingOneLate } from './embedding-one-late.ts';
import { firstExampleOnly } from './first-example-only.ts';
import { flattenOrder } from './flatten-order.ts';
import { float16Output } from './float16-output.ts';
import { forgetBias } from './forget-bias.ts';
import { gateGradientAveraged } from './gate-gradient-averaged.ts';
import { gateNotApplied } from './gate-not-applied.ts';
import { gatesHard } from './gates-hard.ts';
import { gatesInAnotherOrder } from './gates-in-another-order.ts';
import { geluAsRelu } from './gelu-as-relu.ts';
import { geluBySigmoid } from './gelu-by-sigmoid.ts';
import { geluByTanh } from './gelu-by-tanh.ts';
import { geluDerivativeByTanh } from './gelu-derivative-by-tanh.ts';
import { geluDerivativeWithoutDensity } from './gelu-derivative-without-density.ts';
import { geluMissing } from './gelu-missing.ts';
import { globalMaximum } from './global-maximum.ts';
import { globalPoolNotDividedBack } from './global-pool-not-divided-back.ts';
import { globalPoolSummed } from './global-pool-summed.ts';
import { gradientClipped } from './gradient-clipped.ts';
import { gradientNotCleared } from './gradient-not-cleared.ts';
import { gradientSignFlipped } from './gradient-sign-flipped.ts';
import { gradientTailNotWritten } from './gradient-tail-not-written.ts';
import { groupByVariance } from './group-by-variance.ts';
import { groupEpsilon } from './group-epsilon.ts';
import { groupReadsNext } from './group-reads-next.ts';
import { groupStatisticsConstant } from './group-statistics-constant.ts';
import { groupUnbiased } from './group-unbiased.ts';
import { groupVarianceConstant } from './group-variance-constant.ts';
import { groupWithoutAffine } from './group-without-affine.ts';
import { groupsInterleaved } from './groups-interleaved.ts';
import { halfSquaredError } from './half-squared-error.ts';
import { hardSigmoidAsSigmoid } from './hard-sigmoid-as-sigmoid.ts';
import { hardSigmoidSlope } from './hard-sigmoid-slope.ts';
import { hardSwishAsSilu } from './hard-swish-as-silu.ts';
import { hardSwishGateConstant } from './hard-swish-gate-constant.ts';
import { headsNotMerged } from './heads-not-merged.ts';
import { headsNotSplit } from './heads-not-split.ts';
import { inputBiasMissing } from './input-bias-missing.ts';
import { inputCentred } from './input-centred.ts';
import { inputMutated } from './input-mutated.ts';
import { inputNotScaled } from './input-not-scaled.ts';
import { instanceAsBatch } from './instance-as-batch.ts';
import { instanceMeanNotSubtracted } from './instance-mean-not-subtracted.ts';
import { instanceScaleAsShift } from './instance-scale-as-shift.ts';
import { int8Weight } from './int8-weight.ts';
import { kernelChannelsLast } from './kernel-channels-last.ts';
import { kernelFlipped } from './kernel-flipped.ts';
import { kernelGradientFlipped } from './kernel-gradient-flipped.ts';
import { kernelNotFlippedBack } from './kernel-not-flipped-back.ts';
import { kernelSideways } from './kernel-sideways.ts';
import { keysAreQueries } from './keys-are-queries.ts';
import { labelsOneOff } from './labels-one-off.ts';
import { labelsSmoothed } from './labels-smoothed.ts';
import { lastChannelNotWritten } from './last-channel-not-written.ts';
import { lastExampleOnly } from './last-example-only.ts';
import { leakySlopeBack } from './leaky-slope-back.ts';
import { leakySlope } from './leaky-slope.ts';
import { lossClipped } from './loss-clipped.ts';
import { lossInBits } from './loss-in-bits.ts';
import { lossNotAveragedBack } from './loss-not-averaged-back.ts';
import { lossOfProbabilities } from './loss-of-probabilities.ts';
import { lossSummedOverTime } from './loss-summed-over-time.ts';
import { lossSummed } from './loss-summed.ts';
import { maskMissing } from './mask-missing.ts';
import { maskOneLate } from './mask-one-late.ts';
import { maskTurned } from './mask-turned.ts';
import { meanConstant } from './mean-constant.ts';
import { memoryNotCarried } from './memory-not-carried.ts';
import { memoryTruncated } from './memory-truncated.ts';
import { mirrorAsEdge } from './mirror-as-edge.ts';
import { mirrorAsZero } from './mirror-as-zero.ts';
import { mirrorNotAddedBack } from './mirror-not-added-back.ts';
import { misWired } from './mis-wired.ts';
import { momentumTurnedRound } from './momentum-turned-round.ts';
import { neverWritten } from './never-written.ts';
import { nonDeterministic } from './non-deterministic.ts';
import { normBySquares } from './norm-by-squares.ts';
import { normByVariance } from './norm-by-variance.ts';
import { normEachExample } from './norm-each-example.ts';
import { normEpsilonOutside } from './norm-epsilon-outside.ts';
import { normEpsilon } from './norm-epsilon.ts';
import { normGroupsInterleaved } from './norm-groups-interleaved.ts';
import { normMeanNotSubtracted } from './norm-mean-not-subtracted.ts';
import { normOtherGroups } from './norm-other-groups.ts';
import { normOverTime } from './norm-over-time.ts';
import { normRootMeanSquare } from './norm-root-mean-square.ts';
import { normScaleAsShift } from './norm-scale-as-shift.ts';
import { normScaleMissing } from './norm-scale-missing.ts';
import { normShiftMissing } from './norm-shift-missing.ts';
import { normUnbiased } from './norm-unbiased.ts';
import { nothingSentBack } from './nothing-sent-back.ts';
import { oneColumnLate } from './one-column-late.ts';
import { outputDoubled } from './output-doubled.ts';
import { paddingAsZeroMaximum } from './padding-as-zero-maximum.ts';
import { paddingByEdge } from './padding-by-edge.ts';
import { paddingForgottenBack } from './padding-forgotten-back.ts';
import { paddingOneSide } from './padding-one-side.ts';
import { partsHandedBackInAnotherOrder } from './parts-handed-back-in-another-order.ts';
import { pixelLossClipped } from './pixel-loss-clipped.ts';
import { pixelLossDerivativeOfLogits } from './pixel-loss-derivative-of-logits.ts';
import { pixelLossInBits } from './pixel-loss-in-bits.ts';
import { pixelLossNotAveragedBack } from './pixel-loss-not-averaged-back.ts';
import { pixelLossOfEachExample } from './pixel-loss-of-each-example.ts';
import { pixelLossOfLogits } from './pixel-loss-of-logits.ts';
import { pixelLossSummed } from './pixel-loss-summed.ts';
import { pixelTargetNotSubtracted } from './pixel-target-not-subtracted.ts';
import { poolKind } from './pool-kind.ts';
import { poolSpread } from './pool-spread.ts';
import { poolWindowLate } from './pool-window-late.ts';
import { positionGradientOfLastExample } from './position-gradient-of-last-example.ts';
import { positionsNotAdded } from './positions-not-added.ts';
import { positionsOneLate } from './positions-one-late.ts';
import { preluFirstSlope } from './prelu-first-slope.ts';
import { projectionBiasGradientOfLastStep } from './projection-bias-gradient-of-last-step.ts';
import { queriesAndKeysExchanged } from './queries-and-keys-exchanged.ts';
import { recurrenceNotTransposedBack } from './recurrence-not-transposed-back.ts';
import { recurrentBiasMissing } from './recurrent-bias-missing.ts';
import { reluAsGelu } from './relu-as-gelu.ts';
import { reluLeaks } from './relu-leaks.ts';
import { reluMaskInverted } from './relu-mask-inverted.ts';
import { reluMaskMissing } from './relu-mask-missing.ts';
import { reluMissing } from './relu-missing.ts';
import { relu6MaskWithoutCap } from './relu6-mask-without-cap.ts';
import { relu6WithoutCap } from './relu6-without-cap.ts';
import { resetElsewhere } from './reset-elsewhere.ts';
import { residualAfterActivation } from './residual-after-activation.ts';
import { resizeCornersAligned } from './resize-corners-aligned.ts';
import { resizeRounded } from './resize-rounded.ts';
import { resizeSentToNearest } from './resize-sent-to-nearest.ts';
import { reverseNotReversedBack } from './reverse-not-reversed-back.ts';
import { rootAsLayerNorm } from './root-as-layer-norm.ts';
import { rootEpsilon } from './root-epsilon.ts';
import { rotaryInterleaved } from './rotary-interleaved.ts';
import { rotaryOneLate } from './rotary-one-late.ts';
import { rowMeanConstant } from './row-mean-constant.ts';
import { rowStatisticsConstant } from './row-statistics-constant.ts';
import { rowsReversed } from './rows-reversed.ts';
import { runningMeanAsVariance } from './running-mean-as-variance.ts';
import { runningStatisticsInTraining } from './running-statistics-in-training.ts';
import { runningVarianceUnbiased } from './running-variance-unbiased.ts';
import { scaleGradientOfInput } from './scale-gradient-of-input.ts';
import { sigmoidAsHardSigmoid } from './sigmoid-as-hard-sigmoid.ts';
import { sigmoidDerivativeHalf } from './sigmoid-derivative-half.ts';
import { sigmoidDerivativeOfInput } from './sigmoid-derivative-of-input.ts';
import { signFlipped } from './sign-flipped.ts';
import { siluAsHardSwish } from './silu-as-hard-swish.ts';
import { siluGateConstant } from './silu-gate-constant.ts';
import { siluWithoutX } from './silu-without-x.ts';
import { skipFromTheBeginning } from './skip-from-the-beginning.ts';
import { skipGradientOverwritten } from './skip-gradient-overwritten.ts';
import { skipMissing } from './skip-missing.ts';
import { skipSendsNothing } from './skip-sends-nothing.ts';
import { softmaxDiagonal } from './softmax-diagonal.ts';
import { softmaxOverQueries } from './softmax-over-queries.ts';
import { softmaxOverflows } from './softmax-overflows.ts';
import { softmaxTailDropped } from './softmax-tail-dropped.ts';
import { softmaxTwice } from './softmax-twice.ts';
import { squaredErrorNotDoubledBack } from './squared-error-not-doubled-back.ts';
import { staleBuffer } from './stale-buffer.ts';
import { stateNotCarried } from './state-not-carried.ts';
import { stateTruncated } from './state-truncated.ts';
import { statisticsConstant } from './statistics-constant.ts';
import { strideIgnored } from './stride-ignored.ts';
import { tailDropped } from './tail-dropped.ts';
import { tanhAsSoftsign } from './tanh-as-softsign.ts';
import { tanhDerivativeNotSquared } from './tanh-derivative-not-squared.ts';
import { tanhDerivativeOfInput } from './tanh-derivative-of-input.ts';
import { targetNotSubtracted } from './target-not-subtracted.ts';
import { targetsNotMoved } from './targets-not-moved.ts';
import { tiedUseLost } from './tied-use-lost.ts';
import { tokensScaled } from './tokens-scaled.ts';
import { transposedCropOneSide } from './transposed-crop-one-side.ts';
import { transposedGradientByOutputs } from './transposed-gradient-by-outputs.ts';
import { transposedGradientFlipped } from './transposed-gradient-flipped.ts';
import { transposedKernelByOutputs } from './transposed-kernel-by-outputs.ts';
import { transposedKernelFlipped } from './transposed-kernel-flipped.ts';
import { transposedKernelSideways } from './transposed-kernel-sideways.ts';
import { transposedKernelTurnedBack } from './transposed-kernel-turned-back.ts';
import { uninitialisedRow } from './uninitialised-row.ts';
import { updateInverted } from './update-inverted.ts';
import { weightByColumns } from './weight-by-columns.ts';
import { weightGradientTransposed } from './weight-gradient-transposed.ts';
import { weightNotTransposedBack } from './weight-not-transposed-back.ts';
import { weightTransposed } from './weight-transposed.ts';
import { writtenChannelsLast } from './written-channels-last.ts';
import { wrongParameter } from './wrong-parameter.ts';

export const mutants: readonly (Mutant)[] = [
  ...attentionDiagonal,
  ...attentionNotScaledBack,
  ...attentionNotScaled,
  ...attentionOverScaled,
  ...averageAsMaximum,
  ...averageCountsPadding,
  ...averageLeavesPaddingOut,
  ...averageNotDividedBack,
  ...batchFactor,
  ...batchStatisticsInEvaluation,
  ...bfloat16Gradient,
  ...bfloat16Output,
  ...bfloat16Weight,
  ...biasByRow,
  ...biasGradientNotWritten,
  ...biasGradientOverOneColumn,
  ...biasMissing,
  ...biasTwice,
  ...bilinearAsNearest,
  ...borderNotWritten,
  ...bothForwards,
  ...bufferNotCleared,
  ...candidateNotSquashed,
  ...cellNotCarried,
  ...cellNotSquashed,
  ...channelsBgr,
  ...concatOrder,
  ...concatPartsSwappedBack,
  ...concatSkipSendsNothing,
  ...depthwiseFirstChannel,
  ...depthwiseMultiplierOrder,
  ...dilated,
  ...dilationIgnoredBack,
  ...dilationIgnored,
  ...dropoutActive,
  ...dropoutMaskDrawnAgain,
  ...dropoutMaskMissingBack,
  ...dropoutNotScaled,
  ...dropoutScaledInEvaluation,
  ...eluAlpha,
  ...eluAsLeaky,
  ...eluDerivativeWithoutAlpha,
  ...embeddingGradientOverwritten,
  ...embeddingOneLate,
  ...firstExampleOnly,
  ...flattenOrder,
  ...float16Output,
  ...forgetBias,
  ...gateGradientAveraged,
  ...gateNotApplied,
  ...gatesHard,
  ...gatesInAnotherOrder,
  ...geluAsRelu,
  ...geluBySigmoid,
  ...geluByTanh,
  ...geluDerivativeByTanh,
  ...geluDerivativeWithoutDensity,
  ...geluMissing,
  ...globalMaximum,
  ...globalPoolNotDividedBack,
  ...globalPoolSummed,
  ...gradientClipped,
  ...gradientNotCleared,
  ...gradientSignFlipped,
  ...gradientTailNotWritten,
  ...groupByVariance,
  ...groupEpsilon,
  ...groupReadsNext,
  ...groupStatisticsConstant,
  ...groupUnbiased,
  ...groupVarianceConstant,
  ...groupWithoutAffine,
  ...groupsInterleaved,
  ...halfSquaredError,
  ...hardSigmoidAsSigmoid,
  ...hardSigmoidSlope,
  ...hardSwishAsSilu,
  ...hardSwishGateConstant,
  ...headsNotMerged,
  ...headsNotSplit,
  ...inputBiasMissing,
  ...inputCentred,
  inputMutated,
  ...inputNotScaled,
  ...instanceAsBatch,
  ...instanceMeanNotSubtracted,
  ...instanceScaleAsShift,
  ...int8Weight,
  ...kernelChannelsLast,
  ...kernelFlipped,
  ...kernelGradientFlipped,
  ...kernelNotFlippedBack,
  ...kernelSideways,
  ...keysAreQueries,
  ...labelsOneOff,
  ...labelsSmoothed,
  ...lastChannelNotWritten,
  ...lastExampleOnly,
  ...leakySlopeBack,
  ...leakySlope,
  ...lossClipped,
  ...lossInBits,
  ...lossNotAveragedBack,
  ...lossOfProbabilities,
  ...lossSummedOverTime,
  ...lossSummed,
  ...maskMissing,
  ...maskOneLate,
  ...maskTurned,
  ...meanConstant,
  ...memoryNotCarried,
  ...memoryTruncated,
  ...mirrorAsEdge,
  ...mirrorAsZero,
  ...mirrorNotAddedBack,
  ...misWired,
  momentumTurnedRound,
  ...neverWritten,
  nonDeterministic,
  ...normBySquares,
  ...normByVariance,
  ...normEachExample,
  ...normEpsilonOutside,
  ...normEpsilon,
  ...normGroupsInterleaved,
  ...normMeanNotSubtracted,
  ...normOtherGroups,
  ...normOverTime,
  ...normRootMeanSquare,
  ...normScaleAsShift,
  ...normScaleMissing,
  ...normShiftMissing,
  ...normUnbiased,
  ...nothingSentBack,
  ...oneColumnLate,
  ...outputDoubled,
  ...paddingAsZeroMaximum,
  ...paddingByEdge,
  ...paddingForgottenBack,
  ...paddingOneSide,
  ...partsHandedBackInAnotherOrder,
  ...pixelLossClipped,
  ...pixelLossDerivativeOfLogits,
  ...pixelLossInBits,
  ...pixelLossNotAveragedBack,
  ...pixelLossOfEachExample,
  ...pixelLossOfLogits,
  ...pixelLossSummed,
  ...pixelTargetNotSubtracted,
  ...poolKind,
  ...poolSpread,
  ...poolWindowLate,
  ...positionGradientOfLastExample,
  ...positionsNotAdded,
  ...positionsOneLate,
  ...preluFirstSlope,
  ...projectionBiasGradientOfLastStep,
  ...queriesAndKeysExchanged,
  ...recurrenceNotTransposedBack,
  ...recurrentBiasMissing,
  ...reluAsGelu,
  ...reluLeaks,
  ...reluMaskInverted,
  ...reluMaskMissing,
  ...reluMissing,
  ...relu6MaskWithoutCap,
  ...relu6WithoutCap,
  ...resetElsewhere,
  ...residualAfterActivation,
  ...resizeCornersAligned,
  ...resizeRounded,
  ...resizeSentToNearest,
  ...reverseNotReversedBack,
  ...rootAsLayerNorm,
  ...rootEpsilon,
  ...rotaryInterleaved,
  ...rotaryOneLate,
  ...rowMeanConstant,
  ...rowStatisticsConstant,
  ...rowsReversed,
  ...runningMeanAsVariance,
  ...runningStatisticsInTraining,
  runningVarianceUnbiased,
  ...scaleGradientOfInput,
  ...sigmoidAsHardSigmoid,
  ...sigmoidDerivativeHalf,
  ...sigmoidDerivativeOfInput,
  ...signFlipped,
  ...siluAsHardSwish,
  ...siluGateConstant,
  ...siluWithoutX,
  ...skipFromTheBeginning,
  skipGradientOverwritten,
  ...skipMissing,
  ...skipSendsNothing,
  ...softmaxDiagonal,
  ...softmaxOverQueries,
  ...softmaxOverflows,
  ...softmaxTailDropped,
  ...softmaxTwice,
  ...squaredErrorNotDoubledBack,
  ...staleBuffer,
  ...stateNotCarried,
  ...stateTruncated,
  ...statisticsConstant,
  ...strideIgnored,
  ...tailDropped,
  ...tanhAsSoftsign,
  ...tanhDerivativeNotSquared,
  ...tanhDerivativeOfInput,
  ...targetNotSubtracted,
  ...targetsNotMoved,
  ...tiedUseLost,
  ...tokensScaled,
  ...transposedCropOneSide,
  ...transposedGradientByOutputs,
  ...transposedGradientFlipped,
  ...transposedKernelByOutputs,
  ...transposedKernelFlipped,
  ...transposedKernelSideways,
  ...transposedKernelTurnedBack,
  ...uninitialisedRow,
  ...updateInverted,
  ...weightByColumns,
  ...weightGradientTransposed,
  ...weightNotTransposedBack,
  ...weightTransposed,
  ...writtenChannelsLast,
  ...wrongParameter,
];
