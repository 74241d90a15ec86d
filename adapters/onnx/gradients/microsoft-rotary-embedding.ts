import type { GradientRule } from '../rule.ts';
import { rotated } from './_rotary.ts';

/** ONNX Runtime's own, with inputs x, positions, cos cache, sin cache. */
export const microsoftRotaryEmbedding: GradientRule = {
  op: 'RotaryEmbedding',
  domain: 'com.microsoft',
  gradient: (context) => rotated(context, { cos: 2, sin: 3, positions: 1 }),
};
