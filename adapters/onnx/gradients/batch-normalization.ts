import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { standardize, standardizedGradient } from './_normalization.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/**
 * y = scale ⊙ (x − mean) / √(variance + ε) + bias. In training mode the mean and (biased) variance are the batch's own and
 * take part in the gradient, and the running ones move with them; otherwise they are inputs like any other.
 */
export const batchNormalization: GradientRule = {
  op: 'BatchNormalization',
  gradient: (context) =>
    intAttribute(context.attributes, 'training_mode', 0) === 1 ? training(context) : inference(context),
};

function inference(context: GradientContext): (string | undefined)[] {
  const { math, column, x, dy, others, epsilon, channels } = partsOf(context);
  if (dy === undefined) return [];
  const [, , scale = '', , mean = '', variance = ''] = ['', ...context.inputs];
  const [wide, middle, spread] = [scale, mean, variance].map((name) => math.reshape(name, column)) as [
    string,
    string,
    string,
  ];
  const inverse = math.div(1, math.sqrt(math.add(spread, epsilon)));
  const normal = math.mul(math.sub(x, middle), inverse);
  const sum = (name: string): string => math.reshape(math.sum(name, others), [channels]);
  const scaled = math.mul(math.mul(dy, wide), inverse);
  const halved = (name: string): string => math.mul(math.mul(name, -0.5), inverse);
  return [
    scaled,
    context.needs(1) ? sum(math.mul(dy, normal)) : undefined,
    context.needs(2) ? sum(dy) : undefined,
    context.needs(3) ? math.neg(sum(scaled)) : undefined,
    context.needs(4) ? sum(halved(math.mul(scaled, normal))) : undefined,
  ];
}

function training(context: GradientContext): (string | undefined)[] {
  const { math, column, x, dy, others, epsilon, channels, count } = partsOf(context);
  const [, dMean, dVariance] = context.cotangents;
  const momentum = floatAttribute(context.attributes, 'momentum', 0.9);
  const sum = (name: string): string => math.reshape(math.sum(name, others), [channels]);
  const moments = standardize(math, x, others, epsilon);
  const parts: string[] = [];
  if (dy !== undefined) {
    const scaled = math.mul(dy, math.reshape(context.inputs[1] as string, column));
    parts.push(standardizedGradient(math, scaled, moments, others));
  }
  const share = (1 - momentum) / count;
  if (dMean !== undefined) parts.push(math.mul(math.reshape(dMean, column), share));
  if (dVariance !== undefined)
    parts.push(math.mul(math.mul(math.reshape(dVariance, column), 2 * share), moments.centred));
  const dx = parts.reduce((a, b) => math.add(a, b));
  return [
    dy === undefined ? math.expand(dx, context.shape(x)) : dx,
    dy === undefined ? undefined : sum(math.mul(dy, moments.normal)),
    dy === undefined ? undefined : sum(dy),
    dMean === undefined ? undefined : math.mul(dMean, momentum),
    dVariance === undefined ? undefined : math.mul(dVariance, momentum),
  ];
}

interface Parts {
  readonly math: TensorMath;
  readonly x: string;
  readonly dy: string | undefined;
  readonly channels: number;
  /** Elements a channel. */
  readonly count: number;
  /** Shape of a parameter that broadcasts over x. */
  readonly column: readonly number[];
  /** All axes but the channel's. */
  readonly others: readonly number[];
  readonly epsilon: number;
}

function partsOf(context: GradientContext): Parts {
  const x = context.inputs[0] as string;
  const shape = context.shape(x);
  const channels = shape.length > 1 ? (shape[1] as number) : 1;
  return {
    math: tensorsOf(context, context.dtype(x)),
    x,
    dy: context.cotangents[0],
    channels,
    count: shape.reduce((a, b) => a * b, 1) / channels,
    column: shape.map((_, axis) => (axis === 1 ? channels : 1)),
    others: range(shape.length).filter((axis) => axis !== 1),
    epsilon: floatAttribute(context.attributes, 'epsilon', 1e-5),
  };
}
