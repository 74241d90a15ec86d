import type { Conv } from '../layers/conv2d.ts';
import { resnetIteration } from '../nets/resnet-on-tape.ts';
import { LOOPS } from '../nets/tape.ts';
import { resnetOnTape } from '../twins/resnet.ts';
import type { Mutant } from './_mutant.ts';

/** A fast path for stride 1 writes the input's gradient where it should add to it: what came through the skip connection is lost. */
export const skipGradientOverwritten: Mutant = {
  id: 'skip-gradient-overwritten',
  cause: 'gradient.overwritten',
  net: 'resnetOnTape',
  tensor: '/net/stem/Conv_output_0',
  direction: 'backward',
  make: () => ({ ...resnetOnTape.make(), run: (context) => resnetIteration(context, { ...LOOPS, conv2dBackward }) }),
};

const conv2dBackward: typeof LOOPS.conv2dBackward = (dx, ...rest) => {
  const { stride } = rest[rest.length - 1] as Conv;
  if (stride === 1) dx.fill(0);
  LOOPS.conv2dBackward(dx, ...rest);
};
