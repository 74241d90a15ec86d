import type { GradientRule } from '../rule.ts';
import type { Activation } from './_activations.ts';
import type { Cell } from './_cell.ts';
import { recurrentGradient } from './_recurrent.ts';

/** h = f(x · Wᵀ + h · Rᵀ + b) (Elman 1990). */
export const rnn: GradientRule = {
  op: 'RNN',
  gradient: (context) => recurrentGradient(context, rnnCell).slice(0, 6),
};

const rnnCell: Cell = {
  gates: 1,
  activations: ['Tanh'],
  start(_context, { math: outer, recurrence, bias }) {
    const transposed = outer.transpose(recurrence, [1, 0]);
    return ({ math, activations }, projected, before) => {
      const activate = activations[0] as Activation;
      const product = math.matmul(before.hidden, transposed);
      const h = activate(math.add(projected, bias === undefined ? product : math.add(product, bias)));
      return {
        after: { hidden: h.value, cell: '' },
        back(d) {
          const gradient = h.pull(d.hidden);
          return {
            projected: gradient,
            recurrent: [{ gradient, input: before.hidden }],
            before: { hidden: math.matmul(gradient, recurrence), cell: '' },
          };
        },
      };
    };
  },
};
