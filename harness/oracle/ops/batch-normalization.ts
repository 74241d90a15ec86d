import { floatAttribute, intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given, like, refuse } from './_context.ts';
import { seedOf, wants } from './_kit.ts';
import { affine, affineBack, channelGroups, type Normalised, normalise, normaliseBack } from './_norm.ts';

/**
 * x [batch, channels, ...], scale, bias, running mean and variance [channels]. With `training_mode: 1` the batch's own statistics
 * are used and the running ones go on by running·momentum + batch·(1 − momentum), with the population variance.
 * The running statistics are inputs and outputs like any other: gradients flow to and from them.
 */
export const batchNormalization: Operator = {
  op: 'BatchNormalization',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const [scale, bias] = [given(context, inputs, 1), given(context, inputs, 2)];
    const { round } = context.arithmetic;
    const statistics = statisticsOf(context, inputs);
    const y = like(x, affine(statistics.hat, channelOf(x), scale.data, bias.data, round));
    if (!trains(context)) return [y];
    const momentum = floatAttribute(context.attributes, 'momentum', 0.9);
    const rest = round(1 - momentum);
    const mixed = (running: Value, batch: Float64Array): Value =>
      like(
        running,
        running.data.map((r, c) => round(round(r * momentum) + round(batch[c]! * rest))),
      );
    const [mean, variance] = [given(context, inputs, 3), given(context, inputs, 4)];
    return [y, mixed(mean, statistics.mean), mixed(variance, statistics.variance)];
  },
  vjp(context) {
    const { inputs } = context;
    const [x, scale, bias] = [given(context, inputs, 0), given(context, inputs, 1), given(context, inputs, 2)];
    const { round } = context.arithmetic;
    const dy = seedOf(context, 0) ?? new Float64Array(x.data.length);
    const statistics = statisticsOf(context, inputs);
    const { dhat, dscale, dbias } = affineBack(dy, statistics.hat, channelOf(x), scale.data, scale.data.length, round);
    const parts = trains(context)
      ? trainingBack(context, x, dhat, statistics)
      : evaluationBack(context, x, dhat, statistics);
    const all = [parts.x, dscale, dbias, parts.mean, parts.variance];
    const values = [x, scale, bias, given(context, inputs, 3), given(context, inputs, 4)];
    return values.map((value, i) => (wants(context, i) ? cotangentOf(value, all[i]!) : undefined));
  },
};

interface Parts {
  readonly x: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** hat = (x − mean) / √(variance + ε): d hat / d mean = −1/√…, d hat / d variance = −hat / (2 (variance + ε)). */
function evaluationBack(context: OperatorContext, x: Value, dhat: Float64Array, { inverse, hat }: Normalised): Parts {
  const { round } = context.arithmetic;
  const channel = channelOf(x);
  const [mean, variance] = [new Float64Array(inverse.length), new Float64Array(inverse.length)];
  const dx = dhat.map((d, i) => round(d * inverse[channel(i)]!));
  for (const [i, d] of dx.entries()) {
    const c = channel(i);
    mean[c] = round(mean[c]! - d);
    variance[c] = round(variance[c]! - round(round(d * hat[i]!) * round(inverse[c]! / 2)));
  }
  return { x: dx, mean, variance };
}

/** Through the batch's statistics; and from the new running ones, running·momentum + batch·(1 − momentum), to the old ones and to x. */
function trainingBack(context: VjpContext, x: Value, dhat: Float64Array, statistics: Normalised): Parts {
  const { round } = context.arithmetic;
  const momentum = floatAttribute(context.attributes, 'momentum', 0.9);
  const channel = channelOf(x);
  const channels = statistics.mean.length;
  const [dmean, dvariance] = [1, 2].map((slot) => seedOf(context, slot) ?? new Float64Array(channels));
  const share = round(round(1 - momentum) / (x.data.length / channels));
  const dx = normaliseBack(dhat, statistics, groupsOf(x), round, { centred: true });
  for (const [i, d] of dx.entries()) {
    const c = channel(i);
    const centred = round(statistics.hat[i]! / statistics.inverse[c]!);
    const felt = round(dmean![c]! + round(2 * round(dvariance![c]! * centred)));
    dx[i] = round(d + round(share * felt));
  }
  const kept = (d: Float64Array): Float64Array => d.map((each) => round(each * momentum));
  return { x: dx, mean: kept(dmean!), variance: kept(dvariance!) };
}

/** True where the batch's own statistics are used. Before opset 14 that was said by the number of outputs, with others than today's. */
function trains(context: OperatorContext): boolean {
  const { attributes, opset, node } = context;
  if (intAttribute(attributes, 'spatial', 1) === 0) {
    refuse(context, 'spatial: 0 (one statistic an element)', 'Statistics for each channel are supported.');
  }
  if (opset >= 14) return intAttribute(attributes, 'training_mode', 0) !== 0;
  if (opset < 7 ? intAttribute(attributes, 'is_test', 0) !== 0 : node.outputs.slice(1).every((name) => name === '')) {
    return false;
  }
  return refuse(
    context,
    `training before opset 14 (opset ${opset})`,
    'Export with opset 14 or later, or for inference.',
  );
}

function statisticsOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): Normalised {
  const x = given(context, inputs, 0);
  const epsilon = floatAttribute(context.attributes, 'epsilon', 1e-5);
  const { round } = context.arithmetic;
  if (trains(context)) return normalise(x.data, groupsOf(x), epsilon, round);
  const mean = given(context, inputs, 3).data;
  const variance = given(context, inputs, 4).data;
  const inverse = variance.map((v) => round(1 / round(Math.sqrt(round(v + epsilon)))));
  const channel = channelOf(x);
  const hat = x.data.map((element, i) => round(round(element - mean[channel(i)]!) * inverse[channel(i)]!));
  return { mean, variance, inverse, hat };
}

const groupsOf = (x: Value) => channelGroups(x.shape[0] ?? 1, x.shape[1] ?? 1, sizeOf(x.shape.slice(2)));

/** The channel of each element of x [batch, channels, ...]; a vector [batch] is one channel. */
function channelOf(x: Value): (i: number) => number {
  const channels = x.shape[1] ?? 1;
  const positions = sizeOf(x.shape.slice(2));
  return (i) => Math.floor(i / positions) % channels;
}
