import { intAttribute } from '../../../harness/attributes.ts';
import { LayerdiffError } from '../../../harness/errors.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { adjointOfForward, adjointOfInverse } from './_spectrum.ts';
import { tensorsOf } from './_tensors.ts';

/** Linear: the adjoint transform, cut or filled to the length that the input had, and its real part where the input was real. */
export const dft: GradientRule = {
  op: 'DFT',
  gradient(context) {
    const [x = '', size = '', at = ''] = context.inputs;
    const shape = context.shape(x);
    const axis = axisOf(
      at === '' ? intAttribute(context.attributes, 'axis', -2) : (context.knownInts(at)[0] as number),
      shape.length,
    );
    const inverse = intAttribute(context.attributes, 'inverse', 0) === 1;
    const before = shape[axis] as number;
    const length = size === '' ? before : (context.knownInts(size)[0] as number);
    if (inverse && intAttribute(context.attributes, 'onesided', 0) === 1) {
      const remedy = 'Write it as a full inverse transform, or compare forward only.';
      throw new LayerdiffError(
        'E_NO_GRADIENT',
        context.node.name,
        'a onesided inverse DFT has no gradient rule',
        remedy,
      );
    }
    const math = tensorsOf(context, context.dtype(x));
    const plan = { axis, length, shape: context.shape(context.outputs[0] as string) };
    const dy = context.cotangents[0] as string;
    const whole = inverse ? adjointOfInverse(math, dy, plan) : adjointOfForward(math, dy, plan);
    const after = shape.map((_, k) => (k === axis ? before - length : 0));
    const fitted = math.pad(
      whole,
      shape.map(() => 0),
      after,
    );
    return [shape.at(-1) === 1 ? math.slice(fitted, shape.length - 1, 0, 1) : fitted];
  },
};
