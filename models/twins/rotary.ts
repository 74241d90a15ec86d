import { rotary as layers } from '../nets/rotary.ts';
import { beside, type Twin } from './twin.ts';

export const rotary: Twin = {
  ...beside('rotary'),
  make: () => ({ name: 'rotary', inputs: ['input', 'target'], layers: layers() }),
};
