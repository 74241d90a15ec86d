import { layernorm, layernormBackward } from '../../layers/layernorm.ts';
import { rmsnorm, rmsnormBackward } from '../../layers/rmsnorm.ts';
import { type Constant, get, type Layer, type Operator, type Tensor, zeros } from '../layer.ts';
import { integers } from './embedding.ts';
import { EPSILON } from './normalisation.ts';

export const number = (value: number): Constant => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });

const rows = ({ data, shape }: Tensor): [N: number, D: number] => {
  const D = shape[shape.length - 1]!;
  return [data.length / D, D];
};

/** Layer normalisation over the last axis. `written`: its reference has it in single operations. Parameters: ln.weight [D], ln.bias [D]. */
export function layerNormalisation(name: string, input: string, written = false): Layer {
  const [w, b] = [`${name}.weight`, `${name}.bias`];
  return {
    name,
    inputs: [input],
    parameters: [w, b],
    op: written
      ? layerNormInSteps(input, w, b)
      : { type: 'LayerNormalization', attributes: { axis: -1, epsilon: EPSILON } },
    forward({ input: x, parameters, saved }) {
      const [N, D] = rows(x);
      const [out, mean, rstd] = [zeros(x), new Float32Array(N), new Float32Array(N)];
      layernorm(out, mean, rstd, x.data, get(parameters, w).data, get(parameters, b).data, EPSILON, N, D);
      Object.assign(saved, { mean, rstd });
      return { data: out, shape: x.shape };
    },
    backward({ input: x, parameters, saved, gradient }) {
      const [N, D] = rows(x);
      const [dx, dw, db] = [zeros(x), new Float32Array(D), new Float32Array(D)];
      const [mean, rstd] = [saved['mean']!, saved['rstd']!];
      layernormBackward(dx, dw, db, gradient, x.data, mean, rstd, get(parameters, w).data, N, D);
      return { inputs: [dx], parameters: { [w]: dw, [b]: db } };
    },
  };
}

/** As it was exported before there was an operator for it. */
const layerNormInSteps = (x: string, weight: string, bias: string): readonly Operator[] => [
  { type: 'ReduceMean', inputs: [x, integers([1], [-1])], outputs: ['mean'] },
  { type: 'Sub', inputs: [x, 'mean'], outputs: ['centred'] },
  { type: 'Pow', inputs: ['centred', number(2)], outputs: ['squares'] },
  { type: 'ReduceMean', inputs: ['squares', integers([1], [-1])], outputs: ['variance'] },
  { type: 'Add', inputs: ['variance', number(EPSILON)], outputs: ['kept from 0'] },
  { type: 'Sqrt', inputs: ['kept from 0'], outputs: ['deviation'] },
  { type: 'Div', inputs: ['centred', 'deviation'], outputs: ['normal'] },
  { type: 'Mul', inputs: ['normal', weight], outputs: ['scaled'] },
  { type: 'Add', inputs: ['scaled', bias] },
];

/** Root mean square normalisation over the last axis. Parameter: norm.weight [D]. */
export function rmsNormalisation(name: string, input: string): Layer {
  const w = `${name}.weight`;
  return {
    name,
    inputs: [input],
    parameters: [w],
    op: [
      { type: 'Mul', inputs: [input, input], outputs: ['squares'] },
      { type: 'ReduceMean', inputs: ['squares', integers([1], [-1])], outputs: ['mean square'] },
      { type: 'Add', inputs: ['mean square', number(EPSILON)], outputs: ['kept from 0'] },
      { type: 'Sqrt', inputs: ['kept from 0'], outputs: ['root'] },
      { type: 'Div', inputs: [input, 'root'], outputs: ['normal'] },
      { type: 'Mul', inputs: ['normal', w] },
    ],
    forward({ input: x, parameters, saved }) {
      const [N, D] = rows(x);
      const [out, rrms] = [zeros(x), new Float32Array(N)];
      rmsnorm(out, rrms, x.data, get(parameters, w).data, EPSILON, N, D);
      saved['rrms'] = rrms;
      return { data: out, shape: x.shape };
    },
    backward({ input: x, parameters, saved, gradient }) {
      const [N, D] = rows(x);
      const [dx, dw] = [zeros(x), new Float32Array(D)];
      rmsnormBackward(dx, dw, gradient, x.data, saved['rrms']!, get(parameters, w).data, N, D);
      return { inputs: [dx], parameters: { [w]: dw } };
    },
  };
}
