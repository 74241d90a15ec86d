import type { Attribute } from '../../../harness/types/graph.ts';
import { type Bug, changed, fresh, nodeOf, numbers, type Place } from '../bug.ts';
import { list } from './convolution.ts';
import { forward } from './linear.ts';

const text = (value: string): Attribute => ({ kind: 'string', value });
const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
const POOLS = ['MaxPool', 'AveragePool', 'LpPool'];

function window(p: Place) {
  const kernel = list(p.node.attributes.kernel_shape, 0, 0);
  const pads = list(p.node.attributes.pads, 2 * kernel.length, 0);
  return { kernel, pads, rank: kernel.length };
}

const coordinates = (mode: string): Bug =>
  forward(`coordinates ${mode}`, 'resize.coordinates', ['Resize', 'Upsample'], (p) => {
    const now = p.node.attributes.coordinate_transformation_mode;
    return now?.kind === 'string' && now.value === mode
      ? null
      : changed(p.node, { set: { coordinate_transformation_mode: text(mode) } });
  });

const moved = (what: string, by: number): Bug =>
  forward(
    what,
    'pool.window-shifted',
    POOLS,
    (p) => {
      const { pads, rank } = window(p);
      const next = pads.map((x, i) => (i < rank ? x + by : x - by));
      const kept = Object.fromEntries(Object.entries(p.node.attributes).filter(([n]) => n !== 'auto_pad'));
      if (next.every((x) => x >= 0)) return { nodes: [{ ...p.node, attributes: { ...kept, pads: ints(next) } }] };
      return null;
    },
    ['index.shifted', 'conv.padding'],
  );

export const spatialBugs: readonly Bug[] = [
  forward('average for maximum', 'pool.kind', ['MaxPool'], (p) => {
    const { dilations, storage_order: _, ...kept } = p.node.attributes;
    return dilations !== undefined && p.opset < 19
      ? null
      : {
          nodes: [
            {
              ...p.node,
              op: 'AveragePool',
              attributes: { ...kept, ...(dilations === undefined ? {} : { dilations }) },
            },
          ],
        };
  }),
  forward('maximum for average', 'pool.kind', ['AveragePool'], (p) => {
    const { count_include_pad: _, ...kept } = p.node.attributes;
    return { nodes: [{ ...p.node, op: 'MaxPool', attributes: kept }] };
  }),
  forward('global maximum for average', 'pool.kind', ['GlobalAveragePool'], (p) =>
    changed(p.node, { op: 'GlobalMaxPool' }),
  ),
  forward('global average for maximum', 'pool.kind', ['GlobalMaxPool'], (p) =>
    changed(p.node, { op: 'GlobalAveragePool' }),
  ),
  forward(
    'sum for average',
    'scale.constant',
    ['GlobalAveragePool', 'AveragePool'],
    (p) =>
      numbers((x, v, { inputs }) =>
        x.map(
          (y) =>
            y *
            (p.node.op === 'AveragePool'
              ? window(p).kernel.reduce((a, b) => a * b, 1)
              : inputs[0]!.data.length / v.data.length),
        ),
      ),
    ['pool.kind'],
  ),
  forward('padding counted otherwise', 'pool.count-include-pad', ['AveragePool'], (p) => {
    const now = p.node.attributes.count_include_pad;
    return window(p).pads.every((x) => x === 0)
      ? null
      : changed(p.node, {
          set: { count_include_pad: { kind: 'int', value: now?.kind === 'int' && now.value === 1 ? 0 : 1 } },
        });
  }),
  forward('padding of 0 in the maximum', 'pool.padding-value', ['MaxPool'], (p) => {
    const { pads, rank } = window(p);
    if (pads.every((x) => x === 0) || p.opset < 11) return null;
    const [name, amounts] = [fresh('padded'), fresh('pads')];
    const all = [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
    const bare = changed(p.node, { inputs: [name], set: { pads: ints(pads.map(() => 0)) } });
    return {
      nodes: [nodeOf('Pad', [p.node.inputs[0]!, amounts], [name]), ...bare.nodes],
      constants: { [amounts]: { dtype: 'int64', shape: [all.length], data: BigInt64Array.from(all.map(BigInt)) } },
    };
  }),
  moved('window one early', 1),
  moved('window one late', -1),
  forward(
    'power 1',
    'activation.constant',
    ['LpPool'],
    (p) => changed(p.node, { set: { p: { kind: 'int', value: 1 } } }),
    ['pool.kind'],
  ),
  ...['align_corners', 'half_pixel', 'asymmetric', 'pytorch_half_pixel'].map(coordinates),
  forward(
    'nearest for linear',
    'resize.coordinates',
    ['Resize'],
    (p) => changed(p.node, { set: { mode: text('nearest') } }),
    ['activation.wrong-function'],
  ),
  forward('depth first', 'axes.permuted', ['DepthToSpace'], (p) => {
    const now = p.node.attributes.mode;
    return changed(p.node, { set: { mode: text(now?.kind === 'string' && now.value === 'CRD' ? 'DCR' : 'CRD') } });
  }),
  forward(
    'other channels normalised with',
    'norm.axis',
    ['LRN'],
    (p) => changed(p.node, { set: { size: { kind: 'int', value: 5 } } }),
    ['activation.constant'],
  ),
  forward(
    'alpha not divided by the size',
    'activation.constant',
    ['LRN'],
    (p) => {
      const [alpha, size] = [p.node.attributes.alpha, p.node.attributes.size];
      return alpha?.kind !== 'float' || size?.kind !== 'int'
        ? null
        : changed(p.node, { set: { alpha: { kind: 'float', value: alpha.value * size.value } } });
    },
    ['scale.constant'],
  ),
  forward('edge for reflect', 'conv.padding-mode', ['Pad'], (p) => {
    const now = p.node.attributes.mode;
    return now?.kind === 'string' && now.value === 'reflect'
      ? changed(p.node, { set: { mode: text('edge') } })
      : changed(p.node, { set: { mode: text('edge') } });
  }),
  forward(
    'padding on the other side',
    'conv.padding',
    ['Pad'],
    (p) => {
      const pads = p.inputs[1]!.data;
      const half = pads.length / 2;
      const name = fresh('pads');
      const next = [...pads].map((_, i) => pads[(i + half) % pads.length]!);
      return next.join() === [...pads].join()
        ? null
        : {
            ...changed(p.node, { inputs: [p.node.inputs[0]!, name] }),
            constants: { [name]: { dtype: 'int64', shape: [next.length], data: BigInt64Array.from(next.map(BigInt)) } },
          };
    },
    ['index.shifted', 'region.partial'],
  ),
  forward('sum for mean', 'scale.constant', ['ReduceMean'], (p) => changed(p.node, { op: 'ReduceSum' }), [
    'loss.reduction',
  ]),
  forward(
    'mean for sum',
    'scale.constant',
    ['ReduceSum'],
    () => numbers((x, v, { inputs }) => x.map((y) => (y * v.data.length) / inputs[0]!.data.length)),
    ['loss.reduction'],
  ),
];
