import { gpt as layers } from '../nets/gpt.ts';
import { beside, type Twin } from './twin.ts';

const INPUTS = ['input', 'target'];

export const gpt: Twin = {
  ...beside('gpt'),
  make: () => ({ name: 'gpt', inputs: INPUTS, layers: layers(false) }),
};

/** Beside a reference that has neither layer normalisation nor GELU as operators. */
export const gptWritten: Twin = {
  ...beside('gpt-written'),
  make: () => ({ name: 'gpt beside single operations', inputs: INPUTS, layers: layers(true) }),
};
