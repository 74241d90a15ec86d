import type { Lift } from '../lifting.ts';
import { reform } from './_node.ts';

/** Scatter was renamed. */
export const scatter: Lift = {
  op: 'Scatter',
  until: 22,
  lift: (node) => reform(node, node.inputs, node.attributes, 'ScatterElements'),
};
