import type { GradientRule } from '../rule.ts';
import { rotated } from './_rotary.ts';

/** Inputs: x, cos cache, sin cache, positions. */
export const rotaryEmbedding: GradientRule = {
  op: 'RotaryEmbedding',
  gradient: (context) => rotated(context, { cos: 1, sin: 2, positions: 3 }),
};
