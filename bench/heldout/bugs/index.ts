import type { Bug } from '../bug.ts';
import { anyBugs, precisionBugs, wiringBugs } from './any.ts';
import { attentionBugs } from './attention.ts';
import { backwardBugs } from './backward.ts';
import { convolutionBugs } from './convolution.ts';
import { linearBugs } from './linear.ts';
import { lossBugs } from './loss.ts';
import { normBugs } from './norm.ts';
import { pointwiseBugs } from './pointwise.ts';
import { recurrentBugs } from './recurrent.ts';
import { spatialBugs } from './spatial.ts';

/** Every way in which a layer is got wrong, written without a look at the rules. */
export const BUGS: readonly Bug[] = [
  ...linearBugs,
  ...convolutionBugs,
  ...normBugs,
  ...attentionBugs,
  ...pointwiseBugs,
  ...spatialBugs,
  ...recurrentBugs,
  ...lossBugs,
  ...backwardBugs,
  ...precisionBugs,
  ...wiringBugs,
  ...anyBugs,
];
