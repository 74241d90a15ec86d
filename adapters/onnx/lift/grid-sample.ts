import { stringAttribute } from '../../../harness/attributes.ts';
import type { Lift } from '../lifting.ts';
import { text } from '../rule.ts';
import { changed, reform } from './_node.ts';

const RENAMED: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };

/** The modes got the names that they have elsewhere. */
export const gridSample: Lift = {
  op: 'GridSample',
  until: 20,
  lift(node) {
    const mode = stringAttribute(node.attributes, 'mode', 'bilinear');
    return reform(node, node.inputs, changed(node.attributes, [], { mode: text(RENAMED[mode] ?? mode) }));
  },
};
