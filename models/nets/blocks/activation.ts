import { relu, reluBackward, sigmoid, sigmoidBackward, tanh, tanhBackward } from '../../layers/activations.ts';
import { type Layer, zeros } from '../layer.ts';

type Loop = (out: Float32Array, x: Float32Array, N: number) => void;
type LoopBackward = (dx: Float32Array, dout: Float32Array, xOrOut: Float32Array, N: number) => void;

function pointwise(name: string, loop: Loop, back: LoopBackward, wants: 'input' | 'output'): Layer {
  return {
    name,
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

export const reluLayer = (name: string): Layer => pointwise(name, relu, reluBackward, 'input');
export const sigmoidLayer = (name: string): Layer => pointwise(name, sigmoid, sigmoidBackward, 'output');
export const tanhLayer = (name: string): Layer => pointwise(name, tanh, tanhBackward, 'output');
