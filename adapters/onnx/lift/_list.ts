// Written by scripts/generate.mjs: do not edit.
import type { Lift } from '../lifting.ts';
import { axes } from './axes.ts';
import { batchNormalization } from './batch-normalization.ts';
import { broadcast } from './broadcast.ts';
import { clip } from './clip.ts';
import { dft } from './dft.ts';
import { dropout } from './dropout.ts';
import { gridSample } from './grid-sample.ts';
import { groupNormalization } from './group-normalization.ts';
import { pad } from './pad.ts';
import { resize, upsample } from './resize.ts';
import { roiAlign } from './roi-align.ts';
import { scatter } from './scatter.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { split } from './split.ts';
import { topK } from './top-k.ts';

export const lifts: readonly (Lift)[] = [
  ...axes,
  batchNormalization,
  ...broadcast,
  clip,
  dft,
  dropout,
  gridSample,
  groupNormalization,
  pad,
  resize,
  upsample,
  roiAlign,
  scatter,
  slice,
  ...softmax,
  split,
  topK,
];
