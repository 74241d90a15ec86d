import {
  leakyRelu,
  leakyReluBackward,
  relu,
  reluBackward,
  sigmoid,
  sigmoidBackward,
  tanh,
  tanhBackward,
} from '../../layers/activations.ts';
import { elu, eluBackward, prelu, preluBackward } from '../../layers/elu.ts';
import {
  hardSigmoid,
  hardSigmoidBackward,
  hardSwish,
  hardSwishBackward,
  relu6,
  relu6Backward,
  silu,
  siluBackward,
} from '../../layers/gates.ts';
import { type Constant, get, image, type Layer, type Operator, zeros } from '../layer.ts';

type Loop = (out: Float32Array, x: Float32Array, N: number) => void;
type LoopBackward = (dx: Float32Array, dout: Float32Array, xOrOut: Float32Array, N: number) => void;

function pointwise(
  name: string,
  op: Layer['op'] & {},
  loop: Loop,
  back: LoopBackward,
  wants: 'input' | 'output' = 'input',
): Layer {
  return {
    name,
    op,
    forward({ input: x }) {
      const out = zeros(x);
      loop(out, x.data, out.length);
      return { data: out, shape: x.shape };
    },
    backward(context) {
      const dx = zeros(context.input);
      back(dx, context.gradient, context[wants].data, dx.length);
      return { inputs: [dx] };
    },
  };
}

const number = (value: number): Constant => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });

export const reluLayer = (name: string): Layer => pointwise(name, { type: 'Relu' }, relu, reluBackward);
export const sigmoidLayer = (name: string): Layer =>
  pointwise(name, { type: 'Sigmoid' }, sigmoid, sigmoidBackward, 'output');
export const tanhLayer = (name: string): Layer => pointwise(name, { type: 'Tanh' }, tanh, tanhBackward, 'output');
export const hardSwishLayer = (name: string): Layer =>
  pointwise(name, { type: 'HardSwish' }, hardSwish, hardSwishBackward);
export const hardSigmoidLayer = (name: string): Layer =>
  pointwise(name, { type: 'HardSigmoid', attributes: { alpha: 1 / 6, beta: 0.5 } }, hardSigmoid, hardSigmoidBackward);

export const relu6Layer = (name: string, input: string): Layer => ({
  ...pointwise(name, { type: 'Clip', inputs: [input, number(0), number(6)] }, relu6, relu6Backward),
  inputs: [input],
});

/** As frameworks export it: a sigmoid and a product. */
export const siluLayer = (name: string, input: string): Layer => ({
  ...pointwise(
    name,
    [
      { type: 'Sigmoid', inputs: [input], outputs: ['gate'] },
      { type: 'Mul', inputs: [input, 'gate'] },
    ] satisfies Operator[],
    silu,
    siluBackward,
  ),
  inputs: [input],
});

export const leakyReluLayer = (name: string, slope: number): Layer =>
  pointwise(
    name,
    { type: 'LeakyRelu', attributes: { alpha: slope } },
    (out, x, N) => leakyRelu(out, x, slope, N),
    (dx, dout, x, N) => leakyReluBackward(dx, dout, x, slope, N),
  );

export const eluLayer = (name: string, alpha: number): Layer =>
  pointwise(
    name,
    { type: 'Elu', attributes: { alpha } },
    (out, x, N) => elu(out, x, alpha, N),
    (dx, dout, x, N) => eluBackward(dx, dout, x, alpha, N),
  );

/** One slope for each channel. Parameter: act.slope [C, 1, 1] */
export function preluLayer(name: string): Layer {
  const slope = `${name}.slope`;
  return {
    name,
    parameters: [slope],
    op: { type: 'PRelu' },
    forward({ input: x, parameters }) {
      const [B, C, H, W] = image(x);
      const out = zeros(x);
      prelu(out, x.data, get(parameters, slope).data, B, C, H * W);
      return { data: out, shape: x.shape };
    },
    backward({ input: x, parameters, gradient }) {
      const [B, C, H, W] = image(x);
      const [dx, dslope] = [zeros(x), new Float32Array(C)];
      preluBackward(dx, dslope, gradient, x.data, get(parameters, slope).data, B, C, H * W);
      return { inputs: [dx], parameters: { [slope]: dslope } };
    },
  };
}
