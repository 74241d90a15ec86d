// Written by scripts/generate.mjs: do not edit.
import type { GradientRule, NoGradient } from '../rule.ts';
import { identity } from './identity.ts';

export const gradientRules: readonly (GradientRule | NoGradient)[] = [
  identity,
];
