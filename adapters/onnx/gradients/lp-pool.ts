import { intAttribute, intsAttribute } from '../../../harness/attributes.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { windowsOf } from './_convolution.ts';
import { spreadEvenly } from './_pooling.ts';
import type { TensorMath } from './_tensors.ts';
import { tensorsOf } from './_tensors.ts';

/** y = (Σ |x|^p)^(1/p): dx = sign(x) |x|^(p−1) ⊙ spread(dy ⊙ y^(1−p)); 0 where the window is all zeros. */
export const lpPool: GradientRule = {
  op: 'LpPool',
  gradient(context) {
    const [x = '', y = ''] = [context.inputs[0], context.outputs[0]];
    const math = tensorsOf(context, context.dtype(x));
    const kernel = intsAttribute(context.attributes, 'kernel_shape', []);
    const windows = windowsOf(context.attributes, kernel, context.shape(x).slice(2), 'pool');
    const share = shareOf(context, math);
    return [math.mul(powerOf(context, math), spreadEvenly(math, share, context.shape(y), windows, context.shape(x)))];
  },
};

/** The same with one window over all positions. */
export const globalLpPool: GradientRule = {
  op: 'GlobalLpPool',
  gradient(context) {
    const math = tensorsOf(context, context.dtype(context.inputs[0] as string));
    return [math.mul(powerOf(context, math), shareOf(context, math))];
  },
};

const order = (context: GradientContext): number => intAttribute(context.attributes, 'p', 2);

/** dy ⊙ y^(1−p). */
function shareOf(context: GradientContext, math: TensorMath): string {
  const [dy = '', y = ''] = [context.cotangents[0], context.outputs[0]];
  const p = order(context);
  if (p === 1) return dy;
  const nonzero = math.where(math.equal(y, 0), 1, y);
  const scaled = math.div(dy, p === 2 ? nonzero : math.pow(nonzero, p - 1));
  return math.where(math.equal(y, 0), 0, scaled);
}

/** sign(x) |x|^(p−1). */
function powerOf(context: GradientContext, math: TensorMath): string {
  const x = context.inputs[0] as string;
  const p = order(context);
  if (p === 1) return math.sign(x);
  return p === 2 ? x : math.mul(math.sign(x), math.pow(math.abs(x), p - 1));
}
