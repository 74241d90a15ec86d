import type { Lift } from '../lifting.ts';
import { text } from '../rule.ts';
import { changed, reform } from './_node.ts';

/** Half a pixel was not subtracted from the regions' corners; from 16 that is a choice, and no longer the default. */
export const roiAlign: Lift = {
  op: 'RoiAlign',
  until: 16,
  lift: (node) =>
    reform(
      node,
      node.inputs,
      changed(node.attributes, [], { coordinate_transformation_mode: text('output_half_pixel') }),
    ),
};
