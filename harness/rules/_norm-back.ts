import { floatAttribute, intAttribute, intsAttribute } from '../attributes.ts';
import { channelGroups, type Groups, type Normalised, normalise } from '../oracle/ops/_norm.ts';
import { broadcastOffsets } from '../oracle/ops/_strided.ts';
import { axisOf, sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext } from '../types/rule.ts';

/** A norm as y = scale·x̂ + bias: what is normalised together, and which parameter stands at each element. */
export interface Norm {
  readonly x: Value;
  readonly dy: Float64Array;
  readonly groups: Groups;
  readonly statistics: Normalised;
  /** Which element of scale and bias stands at element i. */
  readonly parameter: (i: number) => number;
  readonly scale: Value | undefined;
  readonly centred: boolean;
  /** Statistics that the node was given, and not those of x: nothing flows through them anyhow. */
  readonly fixed: boolean;
}

/** The operators that are read here. */
export const NORMS = [
  'BatchNormalization',
  'LayerNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'MeanVarianceNormalization',
];

/** Reads a norm of a backward context; null where it is none of these, or lacks something. */
export function normOf(context: BackwardContext): Norm | null {
  const { inputs, cotangents, attributes, node } = context;
  const [x, scale] = inputs;
  const dy = cotangents[0];
  if (x === undefined || dy === undefined || dy.data.length !== x.data.length) return null;
  const found = layoutOf(context, x, scale);
  if (found === null) return null;
  const centred = !node.op.includes('RMS') && !node.op.startsWith('Simplified');
  const epsilon = node.op === 'MeanVarianceNormalization' ? 1e-9 : floatAttribute(attributes, 'epsilon', 1e-5);
  const fixed = node.op === 'BatchNormalization' && intAttribute(attributes, 'training_mode', 0) === 0;
  const { groups, parameter } = found;
  const statistics = fixed
    ? given(x, groups, inputs[3], inputs[4], epsilon)
    : normalise(x.data, groups, epsilon, (v) => v, centred);
  if (statistics === null) return null;
  const parameterScale = node.op === 'MeanVarianceNormalization' ? undefined : scale;
  return { x, dy: dy.data, groups, statistics, parameter, scale: parameterScale, centred, fixed };
}

/** The cotangent of x̂: dy · scale. */
export const dHat = ({ dy, scale, parameter }: Norm): Float64Array =>
  scale === undefined ? dy : dy.map((d, i) => d * (scale.data[parameter(i)] as number));

/** inverse · (d − a·mean(d) − b·x̂·mean(d·x̂)), the means over each group. */
export function sendBack(
  { groups, statistics, centred }: Norm,
  d: Float64Array,
  { mean, variance, count }: { mean: boolean; variance: boolean; count?: number },
): Float64Array {
  const { hat, inverse } = statistics;
  const { size, order } = groups;
  const n = count ?? size;
  const out = new Float64Array(d.length);
  for (let g = 0; g < groups.count; g++) {
    let [sum, product] = [0, 0];
    for (let k = g * size; k < (g + 1) * size; k++) {
      const i = order === undefined ? k : (order[k] as number);
      sum += d[i] as number;
      product += (d[i] as number) * (hat[i] as number);
    }
    const [a, b] = [mean && centred ? sum / n : 0, variance ? product / n : 0];
    for (let k = g * size; k < (g + 1) * size; k++) {
      const i = order === undefined ? k : (order[k] as number);
      out[i] = (inverse[g] as number) * ((d[i] as number) - a - b * (hat[i] as number));
    }
  }
  return out;
}

interface Layout {
  readonly groups: Groups;
  readonly parameter: (i: number) => number;
}

function layoutOf({ node, attributes, opset }: BackwardContext, x: Value, scale: Value | undefined): Layout | null {
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const positions = sizeOf(spatial);
  const channel = (i: number): number => Math.floor(i / positions) % channels;
  switch (node.op) {
    case 'BatchNormalization':
      return { groups: channelGroups(batch, channels, positions), parameter: channel };
    case 'InstanceNormalization':
      return { groups: { count: batch * channels, size: positions }, parameter: channel };
    case 'GroupNormalization': {
      const count = intAttribute(attributes, 'num_groups', 1);
      const each = channels / count;
      const parameter = opset >= 21 ? channel : (i: number) => Math.floor(channel(i) / each);
      return { groups: { count: batch * count, size: positions * each }, parameter };
    }
    case 'MeanVarianceNormalization': {
      const axes = intsAttribute(attributes, 'axes', [0, 2, 3]);
      if (axes.join() === '0,2,3') return { groups: channelGroups(batch, channels, positions), parameter: channel };
      return axes.join() === '2,3'
        ? { groups: { count: batch * channels, size: positions }, parameter: channel }
        : null;
    }
    default: {
      const axis = axisOf(intAttribute(attributes, 'axis', -1), x.shape.length);
      const offsets = scale === undefined ? null : broadcastOffsets(scale.shape, x.shape);
      return {
        groups: { count: sizeOf(x.shape.slice(0, axis)), size: sizeOf(x.shape.slice(axis)) },
        parameter: (i) => offsets?.[i] ?? 0,
      };
    }
  }
}

/** x̂ of statistics that were given. */
function given(x: Value, groups: Groups, mean: Value | undefined, variance: Value | undefined, epsilon: number) {
  if (mean === undefined || variance === undefined) return null;
  const inverse = variance.data.map((v) => 1 / Math.sqrt(v + epsilon));
  const hat = new Float64Array(x.data.length);
  for (let k = 0; k < hat.length; k++) {
    const i = groups.order?.[k] ?? k;
    const g = Math.floor(k / groups.size);
    hat[i] = ((x.data[i] as number) - (mean.data[g] as number)) * (inverse[g] as number);
  }
  return { mean: mean.data, variance: variance.data, inverse, hat };
}
