import { isFloat } from '../../../harness/tensor.ts';
import type { Attribute } from '../../../harness/types/graph.ts';
import type { Value } from '../../../harness/types/oracle.ts';
import { type Bug, type Place, sent, type Wrong } from '../bug.ts';
import { transposed } from './linear.ts';

type Given = Parameters<Parameters<typeof sent>[1]>[1];
const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });

export const backward = (
  what: string,
  cause: string,
  ops: readonly string[] | null,
  slot: number,
  f: (part: Value, given: Given, place: Place) => Float64Array | null,
  also: string[] = [],
): Bug => ({
  what,
  cause,
  also,
  direction: 'backward',
  ops,
  slot,
  make: (place): Wrong | null =>
    place.inputs[slot] !== undefined && isFloat(place.inputs[slot].dtype)
      ? sent(slot, (part, given) => f(part, given, place))
      : null,
});

const WEIGHTED = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'];
const isParameter = (p: Place, slot: number): boolean => p.wiring.graph.initializers.has(p.node.inputs[slot]!);
const batchOf = (p: Place): number => p.inputs[0]!.shape[0]!;
const withData = (v: Value | undefined, data: Float64Array): Value => ({ ...(v as Value), data });
const [dy, x, y] = [
  (g: Given) => g.cotangents[0]!.data,
  (g: Given) => g.inputs[0]!.data,
  (g: Given) => g.outputs[0]!.data,
];
const FACTORS = ['gradient.batch-factor', 'scale.constant', 'loss.reduction'];

function flipSpatial(w: Value): Float64Array {
  const k = w.data.length / w.shape[0]! / w.shape[1]!;
  return w.data.map((_, i) => w.data[i - (i % k) + (k - 1 - (i % k))]!);
}

const POINTWISE = [
  'Relu',
  'LeakyRelu',
  'Elu',
  'Selu',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Mish',
  'Gelu',
  'HardSwish',
  'Clip',
  'HardSigmoid',
  'PRelu',
  'ThresholdedRelu',
  'Softsign',
];
const derivative = (
  what: string,
  cause: string,
  ops: readonly string[],
  d: (x: number, y: number, g: number) => number,
  also: string[] = [],
): Bug =>
  backward(
    what,
    cause,
    ops,
    0,
    (part, g) => part.data.map((_, i) => Math.fround(d(x(g)[i]!, y(g)[i]!, dy(g)[i]!))),
    also,
  );

/** What the norm would send back if its statistics did not depend on its input. */
function constantStatistics(part: Value, g: Given, p: Place, keep: 'none' | 'mean'): Float64Array | null {
  const [v, gamma] = [g.inputs[0]!, g.inputs[1]!.data];
  const [n = 1, c = 1] = v.shape;
  const rows = p.node.op === 'LayerNormalization' || p.node.op === 'RMSNormalization';
  if (p.node.op === 'BatchNormalization' && p.node.attributes.training_mode === undefined) return null;
  if (p.node.op === 'RMSNormalization' && keep === 'mean') return null;
  const size = v.shape[v.shape.length - 1]!;
  const rest = v.data.length / n / c;
  const groups = p.node.attributes.num_groups?.kind === 'int' ? p.node.attributes.num_groups.value : c;
  const channel = (i: number): number => (rows ? i % size : Math.floor(i / rest) % c);
  const of = (i: number): number =>
    rows
      ? Math.floor(i / size)
      : p.node.op === 'BatchNormalization'
        ? channel(i)
        : Math.floor(i / rest / c) * groups + Math.floor(channel(i) / (c / groups));
  const sums = new Map<number, { n: number; mean: number; square: number; g: number }>();
  v.data.forEach((value, i) => {
    const s = sums.get(of(i)) ?? { n: 0, mean: 0, square: 0, g: 0 };
    sums.set(of(i), {
      n: s.n + 1,
      mean: s.mean + value,
      square: s.square + value * value,
      g: s.g + dy(g)[i]! * gamma[channel(i)]!,
    });
  });
  const epsilon = p.node.attributes.epsilon?.kind === 'float' ? p.node.attributes.epsilon.value : 1e-5;
  return part.data.map((_, i) => {
    const s = sums.get(of(i))!;
    const centre = p.node.op === 'RMSNormalization' ? 0 : s.mean / s.n;
    const root = Math.sqrt(s.square / s.n - centre * centre + epsilon);
    return Math.fround((dy(g)[i]! * gamma[channel(i)]! - (keep === 'mean' ? s.g / s.n : 0)) / root);
  });
}

const NORMS = [
  'LayerNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'BatchNormalization',
  'RMSNormalization',
];

export const backwardBugs: readonly Bug[] = [
  backward(
    'weight gradient divided by the batch',
    'gradient.batch-factor',
    WEIGHTED,
    1,
    (d, _, p) => (isParameter(p, 1) && batchOf(p) > 1 ? d.data.map((v) => v / batchOf(p)) : null),
    FACTORS,
  ),
  backward(
    'bias gradient times the batch',
    'gradient.batch-factor',
    ['Conv', 'Gemm'],
    2,
    (d, _, p) => (batchOf(p) > 1 ? d.data.map((v) => v * batchOf(p)) : null),
    FACTORS,
  ),
  backward(
    'sign flipped',
    'sign.flipped',
    [...POINTWISE, ...WEIGHTED, 'Softmax', 'Sub', 'Mul', 'Div'],
    0,
    (d) => d.data.map((v) => -v),
    ['scale.constant'],
  ),
  backward('sign flipped', 'sign.flipped', ['Sub', 'Div'], 1, (d) => d.data.map((v) => -v), [
    'scale.constant',
    'gradient.derivative-wrong',
  ]),
  backward('weight gradient never written', 'gradient.zero', WEIGHTED, 1, (d) => d.data.map(() => 0), [
    'value.zero',
    'gradient.overwritten',
  ]),
  backward(
    'nothing sent back',
    'gradient.zero',
    [...WEIGHTED, ...POINTWISE, ...NORMS, 'MaxPool', 'Concat', 'Gather', 'Transpose'],
    0,
    (d) => d.data.map(() => 0),
    ['value.zero', 'gradient.overwritten'],
  ),
  backward('twice, not cleared', 'gradient.accumulated', WEIGHTED, 1, (d) => d.data.map((v) => 2 * v), [
    'scale.constant',
    'gradient.batch-factor',
  ]),
  backward('weight as in the forward pass', 'gradient.weight-not-transposed', ['MatMul', 'Gemm'], 0, (_, g, p) =>
    g.inputs[1]!.shape.length === 2 && isParameter(p, 1) && g.inputs[1]!.shape[0] === g.inputs[1]!.shape[1]
      ? g.again({
          inputs: [g.inputs[0], withData(g.inputs[1], Float64Array.from(transposed(g.inputs[1]!))), g.inputs[2]],
        })[0]!.data
      : null,
  ),
  backward('weight gradient transposed', 'gradient.transposed', ['MatMul', 'Gemm'], 1, (d, _, p) =>
    d.shape.length === 2 && !d.shape.includes(1) && isParameter(p, 1) ? Float64Array.from(transposed(d)) : null,
  ),
  backward('last example only', 'gradient.last-example-only', ['MatMul', 'Gemm', 'Conv'], 1, (_, g, p) => {
    if (!isParameter(p, 1) || batchOf(p) < 2 || p.node.attributes.transA !== undefined) return null;
    const n = dy(g).length / batchOf(p);
    return g.again({
      cotangents: [
        withData(
          g.cotangents[0],
          dy(g).map((v, i) => (i >= dy(g).length - n ? v : 0)),
        ),
      ],
    })[1]!.data;
  }),
  backward(
    'kernel not flipped',
    'gradient.kernel-not-flipped',
    ['Conv', 'ConvTranspose'],
    0,
    (_, g) =>
      g.again({ inputs: [g.inputs[0], withData(g.inputs[1], flipSpatial(g.inputs[1]!)), g.inputs[2]] })[0]!.data,
  ),
  backward('weight gradient flipped', 'gradient.kernel-flipped', ['Conv', 'ConvTranspose'], 1, (d) => flipSpatial(d)),
  backward('padding on the other side in the weight gradient', 'gradient.ignores-padding', ['Conv'], 1, (_, g, p) => {
    const pads = p.node.attributes.pads;
    if (pads?.kind !== 'ints' || pads.value.every((v) => v === 0)) return null;
    const half = pads.value.length / 2;
    const next = pads.value.map((v, i) => (i < half ? 0 : v + pads.value[i - half]!));
    return g.again({ node: { ...p.node, attributes: { ...p.node.attributes, pads: ints(next) } } })[1]!.data;
  }),
  backward('padding forgotten in the input gradient', 'gradient.ignores-padding', ['Conv'], 0, (_, g, p) => {
    const pads = p.node.attributes.pads;
    if (pads?.kind !== 'ints' || pads.value.every((v) => v === 0)) return null;
    const half = pads.value.length / 2;
    const next = pads.value.map((v, i) => (i < half ? 0 : v + pads.value[i - half]!));
    return g.again({ node: { ...p.node, attributes: { ...p.node.attributes, pads: ints(next) } } })[0]!.data;
  }),
  backward(
    'bias gradient averaged over the map',
    'gradient.bias-axis',
    ['Conv'],
    2,
    (d, g) => d.data.map((v) => (v * d.data.length * g.cotangents[0]!.shape[0]!) / dy(g).length),
    ['scale.constant', 'gradient.batch-factor'],
  ),
  backward(
    'bias gradient of the last row only',
    'gradient.last-example-only',
    ['Gemm'],
    2,
    (d, g) => (d.shape.length === 1 ? dy(g).slice(-d.data.length) : null),
    ['gradient.bias-axis'],
  ),
  derivative('mask left out', 'gradient.mask-missing', ['Relu', 'Clip', 'ThresholdedRelu'], (_, __, g) => g),
  derivative('mask inverted', 'gradient.mask-inverted', ['Relu'], (v, _, g) => (v > 0 ? 0 : g)),
  derivative('masked by the gradient', 'gradient.derivative-wrong', ['Relu'], (_, __, g) => Math.max(0, g), [
    'gradient.derivative-of-wrong-value',
    'gradient.mask-missing',
  ]),
  derivative('slope forgotten', 'gradient.mask-missing', ['LeakyRelu', 'PRelu'], (_, __, g) => g, [
    'gradient.derivative-wrong',
  ]),
  derivative('slope 0', 'gradient.derivative-wrong', ['LeakyRelu', 'PRelu'], (v, _, g) => (v > 0 ? g : 0), [
    'gradient.mask-missing',
    'activation.slope',
  ]),
  derivative('y(1-y) of x', 'gradient.derivative-of-wrong-value', ['Sigmoid'], (v, _, g) => g * v * (1 - v)),
  derivative('y only', 'gradient.derivative-wrong', ['Sigmoid'], (_, o, g) => g * o),
  derivative('1-y only', 'gradient.derivative-wrong', ['Sigmoid'], (_, o, g) => g * (1 - o)),
  derivative('1-x²', 'gradient.derivative-of-wrong-value', ['Tanh'], (v, _, g) => g * (1 - v * v)),
  derivative('1-y', 'gradient.derivative-wrong', ['Tanh'], (_, o, g) => g * (1 - o)),
  derivative('1+y²', 'gradient.derivative-wrong', ['Tanh'], (_, o, g) => g * (1 + o * o)),
  derivative(
    'derivative left out',
    'gradient.mask-missing',
    ['Sigmoid', 'Tanh', 'Elu', 'Selu', 'Softplus', 'Gelu', 'Mish', 'HardSwish'],
    (_, __, g) => g,
    ['gradient.derivative-wrong'],
  ),
  derivative(
    'mask of ReLU',
    'gradient.derivative-wrong',
    ['Elu', 'Selu', 'Softplus', 'Gelu', 'Mish', 'HardSwish'],
    (v, _, g) => (v > 0 ? g : 0),
  ),
  backward(
    'exp of the output',
    'gradient.derivative-of-wrong-value',
    ['Elu'],
    0,
    (_, g) => g.again({ inputs: g.outputs })[0]!.data,
  ),
  derivative(
    'sigmoid of the output',
    'gradient.derivative-of-wrong-value',
    ['Softplus'],
    (_, o, g) => g / (1 + Math.exp(-o)),
  ),
  derivative('only the cumulative part', 'gradient.derivative-wrong', ['Gelu'], (v, o, g) => (g * o) / v),
  derivative('by the output', 'gradient.derivative-of-wrong-value', ['Log'], (_, o, g) => g / o),
  derivative('1/(2x)', 'gradient.derivative-of-wrong-value', ['Sqrt'], (v, _, g) => g / (2 * v), [
    'gradient.derivative-wrong',
  ]),
  derivative('without the half', 'gradient.derivative-wrong', ['Sqrt'], (_, o, g) => g / o, ['scale.constant']),
  derivative('without the sign', 'gradient.derivative-wrong', ['Abs'], (_, __, g) => g, ['gradient.mask-missing']),
  backward('diagonal only', 'gradient.softmax-diagonal', ['Softmax'], 0, (d, g) =>
    d.data.map((_, i) => Math.fround(dy(g)[i]! * y(g)[i]! * (1 - y(g)[i]!))),
  ),
  backward(
    'products only',
    'gradient.softmax-diagonal',
    ['Softmax'],
    0,
    (d, g) => d.data.map((_, i) => Math.fround(dy(g)[i]! * y(g)[i]!)),
    ['gradient.derivative-wrong'],
  ),
  backward(
    'sum not weighed',
    'gradient.softmax-diagonal',
    ['LogSoftmax'],
    0,
    (d, g) => d.data.map((_, i) => dy(g)[i]!),
    ['gradient.derivative-wrong', 'gradient.mask-missing'],
  ),
  backward('statistics constant', 'gradient.statistics-constant', NORMS, 0, (d, g, p) =>
    constantStatistics(d, g, p, 'none'),
  ),
  backward('variance constant', 'gradient.statistics-constant', NORMS, 0, (d, g, p) =>
    constantStatistics(d, g, p, 'mean'),
  ),
  backward(
    'scale forgotten',
    'gradient.derivative-wrong',
    NORMS,
    0,
    (_, g) =>
      g.again({
        inputs: g.inputs.map((v, i) =>
          i === 1
            ? withData(
                v,
                v!.data.map(() => 1),
              )
            : v,
        ),
      })[0]!.data,
    ['norm.affine-missing'],
  ),
  backward(
    'scale’s gradient of x, not of the normalised',
    'gradient.derivative-of-wrong-value',
    ['LayerNormalization', 'RMSNormalization'],
    1,
    (d, g) => {
      const sums = new Float64Array(d.data.length);
      dy(g).forEach((v, i) => (sums[i % sums.length]! += v * x(g)[i]!));
      return sums;
    },
    ['gradient.derivative-wrong', 'gradient.statistics-constant'],
  ),
  backward(
    'shift’s gradient of the last row',
    'gradient.last-example-only',
    ['LayerNormalization'],
    2,
    (d, g) => dy(g).slice(-d.data.length),
    ['gradient.bias-axis'],
  ),
  backward('spread over the window', 'gradient.pool-spread', ['MaxPool'], 0, (_, g, p) =>
    p.node.attributes.dilations !== undefined || p.node.attributes.pads !== undefined
      ? null
      : g.again({ node: { ...p.node, op: 'AveragePool' } })[0]!.data,
  ),
  backward(
    'not divided',
    'gradient.pool-scale',
    ['AveragePool', 'GlobalAveragePool'],
    0,
    (d, g, p) => {
      const kernel = p.node.attributes.kernel_shape;
      const k =
        kernel?.kind === 'ints' ? kernel.value.reduce((a, b) => a * b, 1) : g.inputs[0]!.data.length / y(g).length;
      const pads = p.node.attributes.pads;
      return pads?.kind === 'ints' && pads.value.some((v) => v > 0) && p.node.attributes.count_include_pad === undefined
        ? null
        : d.data.map((v) => v * k);
    },
    ['scale.constant'],
  ),
  backward(
    'not divided',
    'scale.constant',
    ['ReduceMean'],
    0,
    (d, g) => d.data.map((v) => (v * g.inputs[0]!.data.length) / y(g).length),
    ['gradient.pool-scale', 'gradient.batch-factor', 'loss.reduction'],
  ),
  backward('rows used twice keep the last', 'gradient.duplicates-overwritten', ['Gather'], 0, (d, g) => {
    const width = d.shape[1]!;
    if (d.shape.length !== 2 || g.inputs[1]!.data.length < 3) return null;
    const out = new Float64Array(d.data.length);
    g.inputs[1]!.data.forEach((row, r) => out.set(dy(g).subarray(r * width, (r + 1) * width), row * width));
    return out;
  }),
  backward('target not subtracted', 'gradient.target-missing', ['SoftmaxCrossEntropyLoss'], 0, (d, g, p) => {
    const { shape } = d;
    const [n, c] = shape as [number, number];
    const inner = d.data.length / n / c;
    if (g.inputs[2] !== undefined || p.node.attributes.ignore_index !== undefined) return null;
    const mean = p.node.attributes.reduction === undefined;
    return d.data.map((_, i) => {
      const [b, r] = [Math.floor(i / inner / c), i % inner];
      const z = Array.from({ length: c }, (__, k) => x(g)[(b * c + k) * inner + r]!);
      const top = Math.max(...z);
      return Math.exp(x(g)[i]! - top) / z.reduce((s, v) => s + Math.exp(v - top), 0) / (mean ? n * inner : 1);
    });
  }),
  backward(
    'summed, not averaged',
    'gradient.batch-factor',
    ['SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss'],
    0,
    (d, g, p) =>
      p.node.attributes.reduction === undefined && g.inputs[2] === undefined
        ? d.data.map((v) => v * g.inputs[1]!.data.length)
        : null,
    FACTORS,
  ),
  backward('clipped by value', 'gradient.clipped', WEIGHTED, 1, (d, _, p) => {
    const top = d.data.reduce((m, v) => Math.max(m, Math.abs(v)), 0) / 3;
    return isParameter(p, 1) ? d.data.map((v) => Math.max(-top, Math.min(top, v))) : null;
  }),
  backward('last column never written', 'region.partial', WEIGHTED, 1, (d, _, p) =>
    isParameter(p, 1) && d.shape.at(-1)! > 1 && d.data.length > 12
      ? d.data.map((v, i) => (i % d.shape[d.shape.length - 1]! === d.shape[d.shape.length - 1]! - 1 ? 0 : v))
      : null,
  ),
  backward(
    'other operand forgotten',
    'gradient.derivative-wrong',
    ['Mul'],
    0,
    (d, g) =>
      d.data.length === dy(g).length && d.data.length > 1 && g.inputs[0] !== g.inputs[1] ? dy(g).slice() : null,
    ['gradient.mask-missing', 'gradient.derivative-of-wrong-value', 'value.stale'],
  ),
  backward(
    'own operand for the other',
    'gradient.derivative-of-wrong-value',
    ['Mul'],
    0,
    (d, g) =>
      d.data.length === dy(g).length && d.data.length > 1 ? dy(g).map((v, i) => Math.fround(v * x(g)[i]!)) : null,
    ['gradient.derivative-wrong', 'value.stale'],
  ),
  backward('sent to the wrong part', 'gradient.fan-out', ['Concat'], 0, (d, g) =>
    g.parts[1]?.shape.join() === d.shape.join() ? g.parts[1].data.slice() : null,
  ),
];
