import type { GradientRule } from '../rule.ts';

export const identity: GradientRule = { op: 'Identity', gradient: ({ cotangents }) => [cotangents[0]] };
