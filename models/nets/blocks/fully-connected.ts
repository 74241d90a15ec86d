import { linear, linearBackward } from '../../layers/linear.ts';
import { get, type Layer, matrix, zeros } from '../layer.ts';

/** Parameters are called after their layer: fc1.weight [O, I], fc1.bias [O]. */
export function fullyConnected(name: string): Layer {
  const [w, b] = [`${name}.weight`, `${name}.bias`];
  return {
    name,
    parameters: [w, b],
    op: { type: 'Gemm', attributes: { transB: 1 } },
    forward({ input: x, parameters }) {
      const weight = get(parameters, w);
      const [[B, I], [O]] = [matrix(x), matrix(weight)];
      const out = new Float32Array(B * O);
      linear(out, x.data, weight.data, get(parameters, b).data, B, I, O);
      return { data: out, shape: [B, O] };
    },
    backward({ input: x, parameters, gradient }) {
      const weight = get(parameters, w);
      const [[B, I], [O]] = [matrix(x), matrix(weight)];
      const [dx, dweight, dbias] = [zeros(x), zeros(weight), new Float32Array(O)];
      linearBackward(dx, dweight, dbias, gradient, x.data, weight.data, B, I, O);
      return { inputs: [dx], parameters: { [w]: dweight, [b]: dbias } };
    },
  };
}
