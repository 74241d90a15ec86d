import { stringAttribute } from '../../../harness/attributes.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { GradientContext } from '../rule.ts';
import type { TensorMath } from './_tensors.ts';
import { range } from './_tensors.ts';

/** A loss over classes, taken apart. Shapes: [batch, class, …] or, for one number a sample, [batch, 1, …]. */
export interface ClassLoss {
  /** 1 at the label's class, 0 elsewhere and for samples that are ignored: [batch, class, …]. */
  readonly hot: string;
  /** What the gradient of −log p(label) is multiplied by: cotangent × weight / (sum of weights, for a mean): [batch, 1, …]. */
  readonly scale: string;
  /** Gradient of the class weights, given −log p(label): [batch, 1, …]. */
  weightGradient(negativeLog: string): string;
}

/**
 * The part that SoftmaxCrossEntropyLoss and NegativeLogLikelihoodLoss share: labels (input 1), class weights (input 2),
 * ignore_index and reduction. A label outside the classes has weight 0, as an ignored one.
 */
export function classLoss(context: GradientContext, math: TensorMath): ClassLoss {
  const [scores = '', labels = '', weights = ''] = context.inputs;
  const rank = context.shape(scores).length;
  const classes = context.shape(scores)[1] as number;
  const column = [1, classes, ...range(rank - 2).fill(1)];
  const hot = oneHot(context, math, labels, column);
  const heavy = weights === '' ? hot : math.mul(hot, math.reshape(weights, column));
  const weight = math.sum(heavy, [1]);
  const dy = context.cotangents[0] as string;
  const everywhere = [0, ...range(rank - 2, 2)];
  const reduction = stringAttribute(context.attributes, 'reduction', 'mean');
  const upstream = reduction === 'none' ? context.emit('Unsqueeze', [dy, context.ints([1])]) : dy;
  const total = math.sum(weight, everywhere);
  const share = reduction === 'mean' ? math.div(upstream, total) : upstream;
  return {
    hot,
    scale: math.mul(weight, share),
    weightGradient(negativeLog) {
      const mean = math.div(math.sum(math.mul(weight, negativeLog), everywhere), total);
      const above = reduction === 'mean' ? math.sub(negativeLog, mean) : negativeLog;
      return math.sum(math.mul(hot, math.mul(share, above)), everywhere, false);
    },
  };
}

/** OneHot and masks by comparison: these have kernels for every type. */
function oneHot(context: GradientContext, math: TensorMath, labels: string, column: readonly number[]): string {
  const dtype = context.dtype(labels);
  const names = context.constant(fromNumbers(dtype, column, range(column[1] as number)));
  const expanded = context.emit('Unsqueeze', [labels, context.ints([1])]);
  const matches = math.equal(expanded, names);
  const ignored = context.attributes['ignore_index'];
  if (ignored?.kind !== 'int') return math.cast(matches);
  const skip = math.equal(expanded, context.constant(fromNumbers(dtype, [], [ignored.value])));
  return math.cast(math.and(matches, math.not(skip)));
}
