// Written by scripts/generate.mjs: do not edit.
import type { Rule } from '../types/rule.ts';
import { precision } from './precision.ts';
import { region } from './region.ts';
import { scale } from './scale.ts';
import { stale } from './stale.ts';
import { wiring } from './wiring.ts';
import { zero } from './zero.ts';

export const rules: readonly (Rule)[] = [
  precision,
  region,
  scale,
  stale,
  wiring,
  zero,
];
