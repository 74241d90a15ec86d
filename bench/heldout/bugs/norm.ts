import type { Attribute, GraphNode } from '../../../harness/types/graph.ts';
import type { Value } from '../../../harness/types/oracle.ts';
import { type Bug, changed, fresh, nodeOf, numbers, type Place, type Replaced, type Wrong } from '../bug.ts';
import { forward, tensor, withOperand } from './linear.ts';

const NORMS = [
  'LayerNormalization',
  'BatchNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'RMSNormalization',
];
const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) });
const isTraining = (p: Place): boolean =>
  p.node.attributes.training_mode?.kind === 'int' && p.node.attributes.training_mode.value === 1;
const epsilonOf = (node: GraphNode): number =>
  node.attributes.epsilon?.kind === 'float' ? node.attributes.epsilon.value : 1e-5;

/** Which elements of x are normalised together, as lists of positions; and the channel of each element. */
function groupsOf(p: Place): { of: Int32Array; count: number; channel: Int32Array } {
  const { shape, data } = p.inputs[0]!;
  const [n = 1, c = 1] = shape;
  const rest = data.length / n / c;
  const size = shape[shape.length - 1]!;
  const groups = p.node.attributes.num_groups?.kind === 'int' ? p.node.attributes.num_groups.value : c;
  const of = new Int32Array(data.length);
  const channel = new Int32Array(data.length);
  const rows = p.node.op === 'LayerNormalization' || p.node.op === 'RMSNormalization';
  for (let i = 0; i < data.length; i++) {
    const ch = rows ? i % size : Math.floor(i / rest) % c;
    channel[i] = ch;
    of[i] = rows
      ? Math.floor(i / size)
      : p.node.op === 'BatchNormalization'
        ? ch
        : Math.floor(i / rest / c) * groups + Math.floor(ch / (c / groups));
  }
  return { of, count: Math.max(...of) + 1, channel };
}

interface Statistic {
  mean: number;
  variance: number;
  n: number;
}

/** Normalises as a person would write it, with one thing done otherwise. */
function normalised(
  p: Place,
  x: Value,
  way: (v: number, s: Statistic, gamma: number, beta: number, epsilon: number) => number,
  plain = false,
): Float64Array {
  const { of, count, channel } = groupsOf(p);
  const sums = Array.from({ length: count }, () => ({ mean: 0, variance: 0, n: 0 }));
  x.data.forEach((v, i) => {
    sums[of[i]!]!.mean += v;
    sums[of[i]!]!.n++;
  });
  for (const s of sums) s.mean /= s.n;
  const root = p.node.op === 'RMSNormalization';
  x.data.forEach((v, i) => (sums[of[i]!]!.variance += (v - (root ? 0 : sums[of[i]!]!.mean)) ** 2 / sums[of[i]!]!.n));
  if (root) for (const s of sums) s.mean = 0;
  if (p.node.op === 'BatchNormalization' && !isTraining(p) && !plain)
    sums.forEach((s, c) => Object.assign(s, { mean: p.inputs[3]!.data[c], variance: p.inputs[4]!.data[c] }));
  const [gamma, beta] = [p.inputs[1]?.data, p.inputs[2]?.data];
  return x.data.map((v, i) =>
    Math.fround(way(v, sums[of[i]!]!, gamma?.[channel[i]!] ?? 1, beta?.[channel[i]!] ?? 0, epsilonOf(p.node))),
  );
}

const written = (
  what: string,
  cause: string,
  way: Parameters<typeof normalised>[2],
  applies: (p: Place) => boolean = () => true,
  plain = false,
  also: string[] = [],
): Bug =>
  forward(
    what,
    cause,
    NORMS,
    (p) => (applies(p) ? numbers((_, __, { inputs }) => normalised(p, inputs[0]!, way, plain)) : null),
    also,
  );

const batchOrRunning = (p: Place): boolean => p.node.op !== 'BatchNormalization' || isTraining(p);
const centred = (p: Place): boolean => p.node.op !== 'RMSNormalization';

const epsilon = (value: number): Bug =>
  forward(`epsilon ${value}`, 'norm.epsilon', NORMS, (p) =>
    Math.abs(epsilonOf(p.node) / value - 1) < 0.1 ? null : changed(p.node, { set: { epsilon: float(value) } }),
  );

function operandSwap(p: Place, a: number, b: number): Replaced | null {
  const [x, y] = [p.inputs[a], p.inputs[b]];
  if (x === undefined || y === undefined) return null;
  return changed(p.node, {
    inputs: p.node.inputs.map((n, i) => (i === a ? p.node.inputs[b]! : i === b ? p.node.inputs[a]! : n)),
  });
}

export const normBugs: readonly Bug[] = [
  ...[1e-3, 1e-2, 1e-6, 1e-8].map(epsilon),
  written(
    'epsilon outside the root',
    'norm.epsilon-outside-root',
    (v, s, g, b, e) => ((v - s.mean) / (Math.sqrt(s.variance) + e)) * g + b,
  ),
  written(
    'by the variance',
    'norm.variance-as-deviation',
    (v, s, g, b, e) => ((v - s.mean) / (s.variance + e)) * g + b,
  ),
  written(
    'divided by n-1',
    'norm.variance-unbiased',
    (v, s, g, b, e) => ((v - s.mean) / Math.sqrt((s.variance * s.n) / (s.n - 1) + e)) * g + b,
    batchOrRunning,
  ),
  written(
    'statistics of the batch',
    'norm.statistics',
    (v, s, g, b, e) => ((v - s.mean) / Math.sqrt(s.variance + e)) * g + b,
    (p) => p.node.op === 'BatchNormalization' && !isTraining(p),
    true,
  ),
  written(
    'mean not subtracted, root mean square',
    'norm.mean-not-subtracted',
    (v, s, g, b, e) => (v / Math.sqrt(s.variance + s.mean ** 2 + e)) * g + b,
    (p) => centred(p) && batchOrRunning(p),
  ),
  written(
    'mean not subtracted, by the deviation',
    'norm.mean-not-subtracted',
    (v, s, g, b, e) => (v / Math.sqrt(s.variance + e)) * g + b,
    centred,
  ),
  forward('running statistics in training', 'norm.statistics', ['BatchNormalization'], (p) =>
    isTraining(p)
      ? {
          nodes: [
            { ...p.node, outputs: [p.node.outputs[0]!], attributes: { epsilon: float(epsilonOf(p.node)) } },
            ...unusedOutputs(p),
          ],
        }
      : null,
  ),
  forward('scale left out', 'norm.affine-missing', NORMS, (p) =>
    withOperand(
      p,
      1,
      p.inputs[1]!.shape,
      p.inputs[1]!.data.map(() => 1),
    ),
  ),
  forward('shift left out', 'norm.affine-missing', NORMS, (p) =>
    p.inputs[2] === undefined
      ? null
      : withOperand(
          p,
          2,
          p.inputs[2].shape,
          p.inputs[2].data.map(() => 0),
        ),
  ),
  forward(
    'scale and shift left out',
    'norm.affine-missing',
    ['LayerNormalization', 'InstanceNormalization', 'GroupNormalization'],
    (p) => {
      const [a, b] = [
        withOperand(
          p,
          1,
          p.inputs[1]!.shape,
          p.inputs[1]!.data.map(() => 1),
        ),
        fresh('zeros'),
      ];
      const node = a.nodes[0]!;
      return {
        nodes: [{ ...node, inputs: [node.inputs[0]!, node.inputs[1]!, b] }],
        constants: {
          ...a.constants,
          [b]: tensor(
            p.inputs[1]!.shape,
            p.inputs[1]!.data.map(() => 0),
          ),
        },
      };
    },
  ),
  forward('scale and shift swapped', 'norm.affine-swapped', NORMS, (p) => operandSwap(p, 1, 2)),
  forward(
    'mean and variance swapped',
    'norm.affine-swapped',
    ['BatchNormalization'],
    (p) => (isTraining(p) ? null : { ...operandSwap(p, 3, 4)!, nodes: operandSwap(p, 3, 4)!.nodes }),
    ['value.nan'],
  ),
  forward('over the batch', 'norm.axis', ['InstanceNormalization'], (p) =>
    numbers((_, __, { inputs }) => overBatch(p, inputs[0]!)),
  ),
  forward('all channels as one group', 'norm.axis', ['GroupNormalization'], (p) =>
    changed(p.node, { set: { num_groups: { kind: 'int', value: 1 } } }),
  ),
  forward('each channel alone', 'norm.axis', ['GroupNormalization'], (p) =>
    changed(p.node, { set: { num_groups: { kind: 'int', value: p.inputs[0]!.shape[1]! } } }),
  ),
  forward('over the last two axes', 'norm.axis', ['LayerNormalization'], (p) =>
    p.inputs[0]!.shape.length < 3 ? null : numbers((_, __, { inputs }) => lastTwo(p, inputs[0]!)),
  ),
  forward('written out: epsilon 1e-3', 'norm.epsilon', ['Add'], (p) => writtenEpsilon(p, 1e-3)),
  forward('written out: epsilon 1e-2', 'norm.epsilon', ['Add'], (p) => writtenEpsilon(p, 1e-2)),
  forward('written out: no root', 'norm.variance-as-deviation', ['Sqrt'], (p) => ({
    nodes: [nodeOf('Identity', p.node.inputs, p.node.outputs)],
  })),
  forward('written out: mean not subtracted', 'norm.mean-not-subtracted', ['Sub'], (p) =>
    p.wiring.producer.get(p.node.inputs[1]!)?.op === 'ReduceMean'
      ? { nodes: [nodeOf('Identity', [p.node.inputs[0]!], p.node.outputs)] }
      : null,
  ),
  forward('written out: n-1', 'norm.variance-unbiased', ['ReduceMean'], (p) => {
    if (
      !['Pow', 'Mul'].includes(p.wiring.producer.get(p.node.inputs[0]!)?.op ?? '') ||
      !p.wiring.consumers.get(p.node.outputs[0]!)?.some((n) => n.op === 'Add')
    )
      return null;
    const n = p.inputs[0]!.data.length / p.outputs[0]!.data.length;
    const [biased, factor] = [fresh('biased'), fresh('factor')];
    return {
      nodes: [{ ...p.node, outputs: [biased] }, nodeOf('Mul', [biased, factor], p.node.outputs)],
      constants: { [factor]: tensor([], [n / (n - 1)]) },
    };
  }),
  forward('written out: scale left out', 'norm.affine-missing', ['Mul'], (p) => affine(p, 'Div')),
  forward('written out: shift left out', 'norm.affine-missing', ['Add'], (p) => affine(p, 'Mul')),
];

function unusedOutputs(p: Place): GraphNode[] {
  return p.node.outputs
    .slice(1)
    .flatMap((name, i) => (name === '' ? [] : [nodeOf('Identity', [p.node.inputs[3 + i]!], [name])]));
}

function overBatch(p: Place, x: Value): Float64Array {
  return normalised(
    {
      ...p,
      node: {
        ...p.node,
        op: 'BatchNormalization',
        attributes: { ...p.node.attributes, training_mode: { kind: 'int', value: 1 } },
      },
    },
    x,
    (v, s, g, b, e) => ((v - s.mean) / Math.sqrt(s.variance + e)) * g + b,
  );
}

function lastTwo(p: Place, x: Value): Float64Array {
  const size = x.shape.slice(-2).reduce((a, b) => a * b, 1);
  const width = x.shape[x.shape.length - 1]!;
  return x.data.map((v, i) => {
    const row = x.data.subarray(i - (i % size), i - (i % size) + size);
    const mean = row.reduce((a, b) => a + b, 0) / size;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / size;
    return Math.fround(
      ((v - mean) / Math.sqrt(variance + epsilonOf(p.node))) * p.inputs[1]!.data[i % width]! +
        (p.inputs[2]?.data[i % width] ?? 0),
    );
  });
}

function writtenEpsilon(p: Place, value: number): Replaced | null {
  const slot = p.inputs.findIndex((v) => v?.data.length === 1 && v.data[0]! < 1e-2 && v.data[0]! > 0);
  const root = p.wiring.consumers.get(p.node.outputs[0]!)?.[0]?.op === 'Sqrt';
  return slot < 0 || !root ? null : withOperand(p, slot, p.inputs[slot]!.shape, [value]);
}

function affine(p: Place, before: string): Wrong | null {
  const slot = [0, 1].find(
    (i) =>
      p.wiring.graph.initializers.has(p.node.inputs[i]!) &&
      p.inputs[i]!.data.length > 1 &&
      p.inputs[i]!.shape.length === 1,
  );
  if (slot === undefined) return null;
  const other = p.wiring.producer.get(p.node.inputs[1 - slot]!);
  const near =
    before === 'Div'
      ? other?.op === 'Div' || (other?.op === 'Mul' && other.inputs.some((n) => p.wiring.producer.get(n)?.op === 'Div'))
      : other?.op === 'Mul' && other.inputs.some((n) => p.wiring.producer.get(n)?.op === 'Div');
  return near ? { nodes: [nodeOf('Identity', [p.node.inputs[1 - slot]!], p.node.outputs)] } : null;
}
