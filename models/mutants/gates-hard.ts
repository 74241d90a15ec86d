import { withCells } from './_cells.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { LSTM } from './_sequence.ts';

/** Gates by the hard sigmoid, as in early Keras. */
export const gatesHard: readonly Mutant[] = inLayers(
  { id: 'gates-hard', cause: 'activation.wrong-function', wrong: 'output' },
  LSTM,
  (network, layer) =>
    withCells(network, layer, (unit) => {
      const hard = (x: number) => Math.max(0, Math.min(1, 0.2 * x + 0.5));
      const c = hard(unit.forget) * unit.before + hard(unit.input) * Math.tanh(unit.cell);
      return [c, hard(unit.output) * Math.tanh(c)];
    }),
);
