import { LayerdiffError } from '../../../harness/errors.ts';
import { toNumbers } from '../../../harness/tensor.ts';
import type { GradientRule } from '../rule.ts';
import { tensorsOf } from './_tensors.ts';

/** Identity in inference; in training dy ⊙ mask / (1 − ratio), with the mask that the forward run drew. */
export const dropout: GradientRule = {
  op: 'Dropout',
  gradient(context) {
    const [dy, x = '', ratio = '', training = ''] = [context.cotangents[0], ...context.inputs];
    if (dy === undefined) return [undefined];
    const trains = training !== '' && toNumbers(context.known(training))[0] === 1;
    const known = ratio === '' ? undefined : context.maybeKnown(ratio);
    const dropped = known === undefined ? 0.5 : toNumbers(known)[0];
    if (!trains || (dropped === 0 && (ratio === '' || known !== undefined))) return [dy];
    const mask = context.outputs[1] ?? '';
    if (mask === '') {
      throw new LayerdiffError(
        'E_NO_GRADIENT',
        context.node.name,
        'what this Dropout dropped cannot be read: in training mode, it has no mask output',
        'Add its second output to the model, or compare in evaluation mode.',
      );
    }
    const math = tensorsOf(context, context.dtype(x));
    const rate = ratio === '' || known !== undefined ? (dropped as number) : math.cast(ratio);
    return [math.mul(dy, math.div(math.cast(mask), math.sub(1, rate)))];
  },
};
