const SEQUENCE = 'the gradient of a sequence of tensors is not implemented: it is refused by name';

/** Backend cases of which a party's gradient cannot be had, or cannot be held against differences; and why. */
export const NOT_PROVEN: Readonly<Record<string, string>> = {
  test_ai_onnx_ml_array_feature_extractor:
    'an operator of classic machine learning, without a gradient rule: refused by name',
  test_dynamicquantizelinear_min_adjusted: 'the derivative of its scale is not implemented: refused by name',
  test_rnn_seq_length:
    'saturated: ONNX Runtime’s tanh is right to an absolute 1e-7, so that 1 − tanh² = 3e-5 has few right digits in float32',
  test_scan_sum: 'Scan of operator set 8 has a batch axis and lengths, and is not written out: refused by name',
  test_sequence_model1: SEQUENCE,
  test_sequence_model2: SEQUENCE,
  test_sequence_model3: SEQUENCE,
  test_sequence_model4: SEQUENCE,
  test_sequence_model5: SEQUENCE,
  test_sequence_model7: SEQUENCE,
};
