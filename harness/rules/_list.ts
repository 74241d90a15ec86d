// Written by scripts/generate.mjs: do not edit.
import type { Rule } from '../types/rule.ts';
import { wiring } from './wiring.ts';

export const rules: readonly (Rule)[] = [
  wiring,
];
