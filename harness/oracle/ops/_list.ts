// Written by scripts/generate.mjs: do not edit.
import type { Operator } from '../../types/oracle.ts';
import { affineGrid } from './affine-grid.ts';
import { argExtrema } from './arg-extrema.ts';
import { arithmetic } from './arithmetic.ts';
import { attention } from './attention.ts';
import { averagePool, globalAveragePool } from './average-pool.ts';
import { batchNormalization } from './batch-normalization.ts';
import { bitCast } from './bit-cast.ts';
import { bitwise } from './bitwise.ts';
import { casts } from './cast.ts';
import { centerCropPad } from './center-crop-pad.ts';
import { classify } from './classify.ts';
import { clip } from './clip.ts';
import { col2im } from './col2im.ts';
import { equal, orderings } from './comparisons.ts';
import { compress } from './compress.ts';
import { concat } from './concat.ts';
import { constant } from './constant.ts';
import { convInteger, qLinearConv } from './conv-integer.ts';
import { convTranspose } from './conv-transpose.ts';
import { conv } from './conv.ts';
import { cumSum, cumProd } from './cumulative.ts';
import { deformConv } from './deform-conv.ts';
import { depthSpace } from './depth-space.ts';
import { dequantizeLinear } from './dequantize-linear.ts';
import { det } from './det.ts';
import { dft } from './dft.ts';
import { dropout } from './dropout.ts';
import { einsum } from './einsum.ts';
import { elementary } from './elementary.ts';
import { erf } from './erf.ts';
import { expand } from './expand.ts';
import { exponentialUnits } from './exponential-units.ts';
import { extrema } from './extrema.ts';
import { fills } from './fills.ts';
import { fusedConv, fusedGemm } from './fused.ts';
import { gathers } from './gather.ts';
import { gelus } from './gelu.ts';
import { gemm } from './gemm.ts';
import { gridSample } from './grid-sample.ts';
import { groupNormalization } from './group-normalization.ts';
import { gru } from './gru.ts';
import { hyperbolic } from './hyperbolic.ts';
import { identity } from './identity.ts';
import { ifOperator } from './if.ts';
import { instanceNormalization } from './instance-normalization.ts';
import { layerNormalization, rmsNormalization, simplifiedLayerNormalization } from './layer-normalization.ts';
import { logic } from './logic.ts';
import { loop } from './loop.ts';
import { lpNormalization } from './lp-normalization.ts';
import { lpPool, globalLpPool } from './lp-pool.ts';
import { lrn } from './lrn.ts';
import { lstm } from './lstm.ts';
import { matmulInteger } from './matmul-integer.ts';
import { matmuls } from './matmul.ts';
import { maxPool, globalMaxPool } from './max-pool.ts';
import { maxRoiPool } from './max-roi-pool.ts';
import { maxUnpool } from './max-unpool.ts';
import { meanVarianceNormalization } from './mean-variance-normalization.ts';
import { melWeightMatrix } from './mel-weight-matrix.ts';
import { microsoftAttention } from './microsoft-attention.ts';
import { arrayFeatureExtractor, labelEncoder } from './ml-features.ts';
import { mod } from './mod.ts';
import { multiHeadAttention } from './multi-head-attention.ts';
import { negativeLogLikelihoodLoss } from './negative-log-likelihood-loss.ts';
import { nonMaxSuppression } from './non-max-suppression.ts';
import { nonZero } from './non-zero.ts';
import { oneHot } from './one-hot.ts';
import { pad } from './pad.ts';
import { pow } from './pow.ts';
import { prelu } from './prelu.ts';
import { qLinearMatMul } from './qlinear-matmul.ts';
import { quantizeLinear, dynamicQuantizeLinear } from './quantize-linear.ts';
import { range } from './range.ts';
import { rectifiers } from './rectifiers.ts';
import { reduceExtrema } from './reduce-extrema.ts';
import { reduceLogSumExp } from './reduce-log-sum-exp.ts';
import { reduceProd } from './reduce-prod.ts';
import { reductions } from './reduce.ts';
import { reshapes } from './reshape.ts';
import { resizes } from './resize.ts';
import { reverseSequence } from './reverse-sequence.ts';
import { rnn } from './rnn.ts';
import { roiAlign } from './roi-align.ts';
import { rotaryEmbedding, microsoftRotaryEmbedding } from './rotary-embedding.ts';
import { scan } from './scan.ts';
import { scatters } from './scatter.ts';
import { sequenceEmpty, sequenceConstruct, sequenceInsert, sequenceErase, sequenceAt, sequenceLength, concatFromSequence, splitToSequence, optionalHasElement } from './sequences.ts';
import { shapes } from './shape.ts';
import { sigmoids } from './sigmoids.ts';
import { skipLayerNormalization, skipSimplifiedLayerNormalization } from './skip-layer-normalization.ts';
import { slice } from './slice.ts';
import { softmaxCrossEntropyLoss } from './softmax-cross-entropy-loss.ts';
import { softmax, logSoftmax, hardmax } from './softmax.ts';
import { split } from './split.ts';
import { steps } from './steps.ts';
import { stft } from './stft.ts';
import { stringConcat, stringSplit, regexFullMatch, stringNormalizer } from './strings.ts';
import { sums } from './sum.ts';
import { tensorScatter } from './tensor-scatter.ts';
import { tfIdfVectorizer } from './tfidf-vectorizer.ts';
import { tile } from './tile.ts';
import { topK } from './top-k.ts';
import { transpose } from './transpose.ts';
import { treeEnsemble } from './tree-ensemble.ts';
import { trigonometry } from './trigonometry.ts';
import { trilu } from './trilu.ts';
import { unique } from './unique.ts';
import { where } from './where.ts';
import { windows } from './windows.ts';

export const operators: readonly (Operator)[] = [
  affineGrid,
  ...argExtrema,
  ...arithmetic,
  attention,
  averagePool,
  globalAveragePool,
  batchNormalization,
  bitCast,
  ...bitwise,
  ...casts,
  centerCropPad,
  ...classify,
  clip,
  col2im,
  equal,
  ...orderings,
  compress,
  concat,
  constant,
  convInteger,
  qLinearConv,
  convTranspose,
  conv,
  cumSum,
  cumProd,
  deformConv,
  ...depthSpace,
  dequantizeLinear,
  det,
  dft,
  dropout,
  einsum,
  ...elementary,
  erf,
  expand,
  ...exponentialUnits,
  ...extrema,
  ...fills,
  fusedConv,
  fusedGemm,
  ...gathers,
  ...gelus,
  gemm,
  gridSample,
  groupNormalization,
  gru,
  ...hyperbolic,
  identity,
  ifOperator,
  instanceNormalization,
  layerNormalization,
  rmsNormalization,
  ...simplifiedLayerNormalization,
  ...logic,
  loop,
  lpNormalization,
  lpPool,
  globalLpPool,
  lrn,
  lstm,
  matmulInteger,
  ...matmuls,
  maxPool,
  globalMaxPool,
  maxRoiPool,
  maxUnpool,
  meanVarianceNormalization,
  melWeightMatrix,
  microsoftAttention,
  arrayFeatureExtractor,
  labelEncoder,
  mod,
  multiHeadAttention,
  negativeLogLikelihoodLoss,
  nonMaxSuppression,
  nonZero,
  oneHot,
  pad,
  pow,
  prelu,
  qLinearMatMul,
  quantizeLinear,
  dynamicQuantizeLinear,
  range,
  ...rectifiers,
  ...reduceExtrema,
  reduceLogSumExp,
  reduceProd,
  ...reductions,
  ...reshapes,
  ...resizes,
  reverseSequence,
  rnn,
  roiAlign,
  rotaryEmbedding,
  microsoftRotaryEmbedding,
  scan,
  ...scatters,
  sequenceEmpty,
  sequenceConstruct,
  sequenceInsert,
  sequenceErase,
  sequenceAt,
  sequenceLength,
  concatFromSequence,
  splitToSequence,
  optionalHasElement,
  ...shapes,
  ...sigmoids,
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
  slice,
  softmaxCrossEntropyLoss,
  softmax,
  logSoftmax,
  hardmax,
  split,
  ...steps,
  stft,
  stringConcat,
  stringSplit,
  regexFullMatch,
  stringNormalizer,
  ...sums,
  tensorScatter,
  tfIdfVectorizer,
  tile,
  topK,
  transpose,
  treeEnsemble,
  ...trigonometry,
  trilu,
  unique,
  where,
  ...windows,
];
