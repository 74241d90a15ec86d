import { gelu, geluBackward } from '../../layers/gelu.ts';
import { type Layer, zeros } from '../layer.ts';
import { number } from './row-norm.ts';

/** `written`: its reference has it in single operations. */
export function geluLayer(name: string, input: string, written = false): Layer {
  return {
    name,
    inputs: [input],
    op: written
      ? [
          { type: 'Div', inputs: [input, number(Math.SQRT2)], outputs: ['deviations'] },
          { type: 'Erf', inputs: ['deviations'], outputs: ['erf'] },
          { type: 'Add', inputs: ['erf', number(1)], outputs: ['twice the share'] },
          { type: 'Mul', inputs: [input, 'twice the share'], outputs: ['twice'] },
          { type: 'Mul', inputs: ['twice', number(0.5)] },
        ]
      : { type: 'Gelu' },
    forward({ input: x }) {
      const out = zeros(x);
      gelu(out, x.data, out.length);
      return { data: out, shape: x.shape };
    },
    backward({ input: x, gradient }) {
      const dx = zeros(x);
      geluBackward(dx, gradient, x.data, dx.length);
      return { inputs: [dx] };
    },
  };
}
