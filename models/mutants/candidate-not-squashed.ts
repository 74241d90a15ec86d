import { sigmoid, withCells } from './_cells.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { LSTM } from './_sequence.ts';

/** What is added to the cell is not squashed. */
export const candidateNotSquashed: readonly Mutant[] = inLayers(
  { id: 'candidate-not-squashed', cause: 'recurrent.cell-activation', wrong: 'output' },
  LSTM,
  (network, layer) =>
    withCells(network, layer, (unit) => {
      const c = sigmoid(unit.forget) * unit.before + sigmoid(unit.input) * unit.cell;
      return [c, sigmoid(unit.output) * Math.tanh(c)];
    }),
);
