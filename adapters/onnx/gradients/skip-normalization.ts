import { floatAttribute } from '../../../harness/attributes.ts';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import type { Moments } from './_normalization.ts';
import { rmsGradient, standardize, standardizeByRms, standardizedGradient } from './_normalization.ts';
import type { TensorMath } from './_tensors.ts';
import { tensorsOf } from './_tensors.ts';

/** y = scale ⊙ normal(x + skip + bias) + shift; the sum is the fourth output. Inputs: x, skip, scale, shift, bias. */
export const skipLayerNormalization: GradientRule = {
  op: 'SkipLayerNormalization',
  domain: 'com.microsoft',
  gradient: (context) => skipped(context, { normal: standardize, back: standardizedGradient, shift: 3, bias: 4 }),
};

/** The same with the root of the mean square. Inputs: x, skip, scale, bias. */
export const skipSimplifiedLayerNormalization: GradientRule = {
  op: 'SkipSimplifiedLayerNormalization',
  domain: 'com.microsoft',
  gradient: (context) => skipped(context, { normal: standardizeByRms, back: rmsGradient, shift: -1, bias: 3 }),
};

interface Kind {
  normal(math: TensorMath, x: string, axes: readonly number[], epsilon: number): Moments;
  back(math: TensorMath, d: string, moments: Moments, axes: readonly number[]): string;
  /** Which input it is; −1: none. */
  readonly shift: number;
  readonly bias: number;
}

function skipped(context: GradientContext, kind: Kind): (string | undefined)[] {
  const [x = '', skip = '', scale = ''] = context.inputs;
  const [dy, dMean, dInverse, dSum] = context.cotangents;
  if (dMean !== undefined || dInverse !== undefined) throw statisticsAsked(context);
  const math = tensorsOf(context, context.dtype(x));
  const shape = context.shape(x);
  const axes = [shape.length - 1];
  const bias = context.inputs[kind.bias] ?? '';
  const sum = [skip, bias].reduce((all, part) => (part === '' ? all : math.add(all, part)), x);
  const moments = kind.normal(math, sum, axes, floatAttribute(context.attributes, 'epsilon', 1e-12));
  const through = dy === undefined ? undefined : kind.back(math, math.mul(dy, scale), moments, axes);
  const total = [through, dSum].filter((part) => part !== undefined).reduce((a, b) => math.add(a, b));
  const gradients: (string | undefined)[] = [total, context.unbroadcast(total, shape, context.shape(skip))];
  const add = (slot: number, make: () => string): void => {
    if (slot >= 0 && context.needs(slot))
      gradients[slot] = context.unbroadcast(make(), shape, context.shape(context.inputs[slot] as string));
  };
  if (dy !== undefined) add(2, () => math.mul(dy, moments.normal));
  if (dy !== undefined) add(kind.shift, () => dy);
  add(kind.bias, () => total);
  return gradients;
}

function statisticsAsked(context: GradientContext): LayerdiffError {
  return new LayerdiffError(
    'E_NO_GRADIENT',
    context.node.name,
    `a gradient arrives at the mean or deviation that ${context.node.op} gives out, for which there is no rule`,
    'Compute these apart from the normalisation, or compare forward only.',
  );
}
