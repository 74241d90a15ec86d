import { bidirectional as layers } from '../nets/bidirectional.ts';
import { beside, type Twin } from './twin.ts';

export const bidirectional: Twin = {
  ...beside('bidirectional'),
  make: () => ({ name: 'bidirectional', inputs: ['input', 'mask', 'target'], layers: layers() }),
};
