import { gru as layers } from '../nets/gru.ts';
import { beside, type Twin } from './twin.ts';

const INPUTS = ['input', 'initial', 'target'];

/** The reset gate acts on the recurrent product, as in PyTorch. */
export const gru: Twin = {
  ...beside('gru'),
  make: () => ({ name: 'gru', inputs: INPUTS, layers: layers(true) }),
};

/** The reset gate acts on the state, as in the paper. */
export const gruOfThePaper: Twin = {
  ...beside('gru-of-the-paper'),
  make: () => ({ name: 'gru of the paper', inputs: INPUTS, layers: layers(false) }),
};
