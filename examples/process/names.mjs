/** The examples' names to those of models/twins/mlp/model.onnx. */
export const names = {
  fc1: '/net/fc1/Gemm_output_0',
  tanh: '/net/Tanh_output_0',
  fc2: '/net/fc2/Gemm_output_0',
  sigmoid: '/net/Sigmoid_output_0',
  'fc1.weight': 'net.fc1.weight',
  'fc1.bias': 'net.fc1.bias',
  'fc2.weight': 'net.fc2.weight',
  'fc2.bias': 'net.fc2.bias',
  'fc3.weight': 'net.fc3.weight',
  'fc3.bias': 'net.fc3.bias',
};
