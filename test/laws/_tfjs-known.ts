/** Cases in which TensorFlow.js gives another number than ONNX, and why that is known. */
export const CONVENTIONS: Readonly<Record<string, string>> = {
  'Div: a tensor by itself': 'the truth is 0; TensorFlow.js adds two halves that are each rounded',
  'ReduceL2: is 0 for the norm of the zero vector': 'the square root has no derivative there: TensorFlow.js gives NaN',
  'Pow: of the exponent is NaN for a negative base, and 0 for the base 0':
    'TensorFlow.js takes 0 for the logarithm of a negative base',
  'Pow: of the base is 0 where the exponent is': 'TensorFlow.js computes 0 · ∞ there, which is NaN',
};
