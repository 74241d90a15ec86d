import { floatAttribute, intAttribute } from '../../attributes.ts';
import { broadcastShapes, sameShape, sizeOf } from '../../shape.ts';
import type { Cotangent, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { axisIn, cotangentOf, given, like, misfit } from './_context.ts';
import { makeValue, seedOf, wants } from './_kit.ts';
import { affine, affineBack, type Groups, normalise, normaliseBack } from './_norm.ts';
import { broadcastOffsets } from './_strided.ts';

/** What the members of the family differ in. */
export interface LayerNorm {
  /** False: root mean square, no mean, no bias. */
  readonly centred: boolean;
}

/** y = scale·x̂ + bias over the axes from `axis` on; then the mean and the inverse standard deviation, where the node asks for them. */
export function layerNormForward(
  context: OperatorContext,
  x: Value,
  scale: Value | undefined,
  bias: Value | undefined,
  { centred }: LayerNorm,
): { y: Value; mean: Value; inverse: Value } {
  const { round } = context.arithmetic;
  const { groups, statistic } = layoutOf(context, x);
  const { hat, mean, inverse } = normalise(x.data, groups, epsilonOf(context), round, centred);
  const scaled = scale ? affine(hat, parameterOf(context, scale, x), scale.data, undefined, round) : hat;
  const shift = bias ? parameterOf(context, bias, x) : undefined;
  const y = bias && shift ? scaled.map((element, i) => round(element + bias.data[shift(i)]!)) : scaled;
  return {
    y: like(x, y),
    mean: makeValue('float32', statistic, mean),
    inverse: makeValue('float32', statistic, inverse),
  };
}

/** The cotangents of x, scale and bias. `dmean` and `dinverse` are those of the optional outputs. */
export function layerNormBack(
  context: VjpContext,
  x: Value,
  scale: Value | undefined,
  bias: Value | undefined,
  { centred }: LayerNorm,
  seeds: { dy: Float64Array | undefined; dmean?: Float64Array | undefined; dinverse?: Float64Array | undefined },
): { dx: Float64Array; dscale: Float64Array | undefined; dbias: Float64Array | undefined } {
  const { round } = context.arithmetic;
  const { groups } = layoutOf(context, x);
  const normalised = normalise(x.data, groups, epsilonOf(context), round, centred);
  const dy = seeds.dy ?? new Float64Array(x.data.length);
  const parameter = scale ? parameterOf(context, scale, x) : () => 0;
  const size = scale?.data.length ?? 1;
  const { dhat, dscale } = affineBack(dy, normalised.hat, parameter, scale?.data, size, round);
  const dx = normaliseBack(dhat, normalised, groups, round, { centred, dmean: seeds.dmean, dinverse: seeds.dinverse });
  const dbias = bias
    ? affineBack(dy, normalised.hat, parameterOf(context, bias, x), undefined, bias.data.length, round).dbias
    : undefined;
  return { dx, dscale: scale ? dscale : undefined, dbias };
}

/** The vjp of an operator whose inputs are x, scale and bias in this order, its outputs y, mean and inverse at the places given. */
export function layerNormVjp(
  context: VjpContext,
  kind: LayerNorm,
  at: { mean: number; inverse: number },
): (Cotangent | undefined)[] {
  const x = given(context, context.inputs, 0);
  const [scale, bias] = [context.inputs[1], kind.centred ? context.inputs[2] : undefined];
  const seeds = { dy: seedOf(context, 0), dmean: seedOf(context, at.mean), dinverse: seedOf(context, at.inverse) };
  const { dx, dscale, dbias } = layerNormBack(context, x, scale, bias, kind, seeds);
  return [
    wants(context, 0) ? cotangentOf(x, dx) : undefined,
    scale && dscale && wants(context, 1) ? cotangentOf(scale, dscale) : undefined,
    bias && dbias && wants(context, 2) ? cotangentOf(bias, dbias) : undefined,
  ];
}

const epsilonOf = (context: OperatorContext): number => floatAttribute(context.attributes, 'epsilon', 1e-5);

/** The groups, and the shape of one number a group: the normalised axes become 1. */
function layoutOf(context: OperatorContext, x: Value): { groups: Groups; statistic: number[] } {
  const axis = axisIn(context, intAttribute(context.attributes, 'axis', -1), x.shape.length);
  const size = sizeOf(x.shape.slice(axis));
  return {
    groups: { count: sizeOf(x.shape.slice(0, axis)), size },
    statistic: x.shape.map((dimension, a) => (a < axis ? dimension : 1)),
  };
}

/** Which element of a parameter, broadcast to x, stands at each element of x. */
function parameterOf(context: OperatorContext, parameter: Value, x: Value): (i: number) => number {
  const shape = broadcastShapes(parameter.shape, x.shape);
  if (!shape || !sameShape(shape, x.shape)) {
    misfit(
      context,
      `a parameter of shape [${parameter.shape.join(', ')}] does not broadcast to [${x.shape.join(', ')}]`,
    );
  }
  const offsets = broadcastOffsets(parameter.shape, x.shape);
  return (i) => offsets[i]!;
}
