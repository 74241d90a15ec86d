const NO_KERNEL = 'ONNX Runtime has no double kernel of it';
const NO_TYPE = 'its type constraint has no double';

/** Operators whose gradient ONNX Runtime's CPU kernels cannot run in float64, and for which no other form is written (double-forms.ts); why. */
export const WITHOUT_DOUBLE: Readonly<Record<string, string>> = {
  Acos: NO_KERNEL,
  Asin: NO_KERNEL,
  Atan: NO_KERNEL,
  Col2Im: NO_KERNEL,
  ConvTranspose: NO_KERNEL,
  DequantizeLinear: NO_TYPE,
  Det: NO_KERNEL,
  Erf: NO_KERNEL,
  GlobalLpPool: NO_KERNEL,
  LRN: NO_KERNEL,
  LpPool: NO_KERNEL,
  MaxRoiPool: NO_KERNEL,
  MaxUnpool: NO_KERNEL,
  MeanVarianceNormalization: NO_KERNEL,
  OneHot: NO_KERNEL,
  RNN: NO_KERNEL,
  Resize: NO_KERNEL,
  RotaryEmbedding: NO_TYPE,
  'com.microsoft.Attention': NO_TYPE,
  'com.microsoft.BiasGelu': NO_TYPE,
  'com.microsoft.FusedConv': NO_TYPE,
  'com.microsoft.FusedGemm': NO_TYPE,
  'com.microsoft.Gelu': NO_TYPE,
  'com.microsoft.MultiHeadAttention': NO_TYPE,
  'com.microsoft.RotaryEmbedding': NO_TYPE,
  'com.microsoft.SkipLayerNormalization': NO_TYPE,
  'com.microsoft.SkipSimplifiedLayerNormalization': NO_TYPE,
};
