import type { Bug } from '../bug.ts';
import { backwardLosses } from './backward-losses.ts';
import { backwardNorms } from './backward-norms.ts';
import { backwardPointwise } from './backward-pointwise.ts';
import { backwardProducts } from './backward-products.ts';
import { backwardRecurrent } from './backward-recurrent.ts';
import { buffers } from './buffers.ts';
import { forwardLosses } from './forward-losses.ts';
import { forwardNorms } from './forward-norms.ts';
import { forwardPointwise } from './forward-pointwise.ts';
import { forwardProducts } from './forward-products.ts';
import { forwardRecurrent } from './forward-recurrent.ts';
import { sensitised } from './sensitised.ts';

/** Every bug of the bench. */
export const BUGS: readonly Bug[] = [
  ...forwardProducts,
  ...forwardNorms,
  ...forwardLosses,
  ...forwardPointwise,
  ...forwardRecurrent,
  ...backwardProducts,
  ...backwardNorms,
  ...backwardLosses,
  ...backwardPointwise,
  ...backwardRecurrent,
  ...buffers,
  ...sensitised,
];
