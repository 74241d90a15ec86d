import { mobilenet as layers } from '../nets/mobilenet.ts';
import { beside, type Twin } from './twin.ts';

export const mobilenet: Twin = {
  ...beside('mobilenet'),
  make: () => ({ name: 'mobilenet', inputs: ['input', 'target'], layers: layers() }),
};
