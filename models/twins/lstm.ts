import { lstm as layers } from '../nets/lstm.ts';
import { beside, type Twin } from './twin.ts';

export const lstm: Twin = {
  ...beside('lstm'),
  make: () => ({ name: 'lstm', inputs: ['input', 'target'], layers: layers() }),
};
