import { autoencoder as layers } from '../nets/autoencoder.ts';
import { beside, type Twin } from './twin.ts';

export const autoencoder: Twin = {
  ...beside('autoencoder'),
  make: () => ({ name: 'autoencoder', inputs: ['input', 'target'], layers: layers() }),
};
