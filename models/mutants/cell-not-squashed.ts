import { sigmoid, withCells } from './_cells.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { LSTM } from './_sequence.ts';

/** The state is the output gate times the cell itself, not its hyperbolic tangent. */
export const cellNotSquashed: readonly Mutant[] = inLayers(
  { id: 'cell-not-squashed', cause: 'recurrent.cell-activation', wrong: 'output' },
  LSTM,
  (network, layer) =>
    withCells(network, layer, (unit) => {
      const c = sigmoid(unit.forget) * unit.before + sigmoid(unit.input) * Math.tanh(unit.cell);
      return [c, sigmoid(unit.output) * c];
    }),
);
