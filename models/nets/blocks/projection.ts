import { projection, projectionBackward } from '../../layers/projection.ts';
import { get, type Layer, type Tensor, zeros } from '../layer.ts';

/** Every position of a sequence by itself: [.., I] → [.., O]. Parameters: up.weight [I, O], up.bias [O] unless it has none. */
export function projecting(name: string, input: string, biased = true): Layer {
  const [w, b] = [`${name}.weight`, `${name}.bias`];
  const sizes = (x: Tensor, weight: Tensor) => {
    const [I, O] = weight.shape as [number, number];
    return [x.data.length / I, I, O] as const;
  };
  return {
    name,
    inputs: [input],
    parameters: biased ? [w, b] : [w],
    op: biased
      ? [
          { type: 'MatMul', inputs: [input, w], outputs: ['product'] },
          { type: 'Add', inputs: ['product', b] },
        ]
      : { type: 'MatMul', inputs: [input, w] },
    forward({ input: x, parameters }) {
      const weight = get(parameters, w);
      const [N, I, O] = sizes(x, weight);
      const out = new Float32Array(N * O);
      projection(out, x.data, weight.data, biased ? get(parameters, b).data : null, N, I, O);
      return { data: out, shape: [...x.shape.slice(0, -1), O] };
    },
    backward({ input: x, parameters, gradient }) {
      const weight = get(parameters, w);
      const [N, I, O] = sizes(x, weight);
      const [dx, dw, db] = [zeros(x), zeros(weight), biased ? new Float32Array(O) : null];
      projectionBackward(dx, dw, db, gradient, x.data, weight.data, N, I, O);
      return { inputs: [dx], parameters: { [w]: dw, ...(db ? { [b]: db } : {}) } };
    },
  };
}
