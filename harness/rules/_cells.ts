/** Gates of the recurrent operators, in ONNX's order. */
export const GATES: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['input', 'output', 'forget', 'cell'],
  GRU: ['update', 'reset', 'hidden'],
  RNN: ['hidden'],
};

/** Their functions where the model names none: f, g, h of ONNX. */
export const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  RNN: ['Tanh'],
};
