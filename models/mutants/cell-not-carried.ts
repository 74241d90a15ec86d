import { sigmoid, withCells } from './_cells.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { LSTM } from './_sequence.ts';

/** Every step begins with an empty cell; the state goes on. */
export const cellNotCarried: readonly Mutant[] = inLayers(
  { id: 'cell-not-carried', cause: 'recurrent.state-not-carried', wrong: 'output' },
  LSTM,
  (network, layer) =>
    withCells(network, layer, (unit) => {
      const c = sigmoid(unit.input) * Math.tanh(unit.cell);
      return [c, sigmoid(unit.output) * Math.tanh(c)];
    }),
);
