import { unet as layers } from '../nets/unet.ts';
import { beside, type Twin } from './twin.ts';

export const unet: Twin = {
  ...beside('unet'),
  make: () => ({ name: 'unet', inputs: ['input', 'target'], layers: layers() }),
};
