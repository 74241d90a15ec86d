import { intsAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { tensorsOf } from './_tensors.ts';

/** The standard adds this to the deviation, not to the variance. */
const EPSILON = 1e-9;

/** y = (x − mean) / (σ + ε): dx = (d − mean(d)) / (σ + ε) − centred ⊙ mean(d ⊙ centred) / (σ (σ + ε)²). */
export const meanVarianceNormalization: GradientRule = {
  op: 'MeanVarianceNormalization',
  gradient(context) {
    const x = context.inputs[0] as string;
    const d = context.cotangents[0] as string;
    const rank = context.shape(x).length;
    const axes = intsAttribute(context.attributes, 'axes', [0, 2, 3]).map((axis) => axisOf(axis, rank));
    const { add, sub, mul, div, mean, sqrt, ...math } = tensorsOf(context, context.dtype(x));
    const centred = sub(x, mean(x, axes));
    const deviation = sqrt(mean(mul(centred, centred), axes));
    const shifted = add(deviation, EPSILON);
    const correlated = div(mean(mul(d, centred), axes), mul(deviation, mul(shifted, shifted)));
    const bent = math.where(math.equal(deviation, 0), 0, correlated);
    return [sub(div(sub(d, mean(d, axes)), shifted), mul(centred, bent))];
  },
};
