import { intsAttribute } from '../../../harness/attributes.ts';
import type { Lift } from '../lifting.ts';
import { changed, reform } from './_node.ts';

const CHANGED_AT_18 = [
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSumSquare',
];

/** Axes were an attribute, and became an input. Without axes every reduction reduces all, then and now. */
const axesToInput = (op: string, until: number): Lift => ({
  op,
  until,
  lift(node, context) {
    const axes = intsAttribute(node.attributes, 'axes', undefined);
    const inputs = [node.inputs[0] ?? '', axes === undefined ? '' : context.ints(axes)];
    return reform(node, inputs, changed(node.attributes, ['axes']));
  },
});

export const axes: readonly Lift[] = [
  ...['Squeeze', 'Unsqueeze', 'ReduceSum'].map((op) => axesToInput(op, 13)),
  ...CHANGED_AT_18.map((op) => axesToInput(op, 18)),
];
