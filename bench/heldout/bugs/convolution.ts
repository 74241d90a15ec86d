import type { Attribute } from '../../../harness/types/graph.ts';
import type { Value } from '../../../harness/types/oracle.ts';
import { type Bug, changed, fresh, nodeOf, type Place, type Replaced } from '../bug.ts';
import { forward, ofInts, withOperand } from './linear.ts';

const CONVOLUTIONS = ['Conv', 'ConvTranspose'];
export const list = (a: Attribute | undefined, rank: number, otherwise: number): number[] =>
  a?.kind === 'ints' ? [...a.value] : Array.from({ length: rank }, () => otherwise);
const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });

function flipped(w: Value, axes: readonly number[]): number[] {
  return Array.from(w.data, (_, i) => {
    let [from, stride] = [0, 1];
    let rest = i;
    for (let a = w.shape.length - 1; a >= 0; a--) {
      const n = w.shape[a]!;
      const k = rest % n;
      rest = Math.floor(rest / n);
      from += (axes.includes(a) ? n - 1 - k : k) * stride;
      stride *= n;
    }
    return w.data[from]!;
  });
}

const flip = (what: string, which: (rank: number) => number[]): Bug =>
  forward(what, 'conv.kernel-flipped', CONVOLUTIONS, (p) => {
    const w = p.inputs[1]!;
    const axes = which(w.shape.length).filter((a) => a < w.shape.length && w.shape[a]! > 1);
    return axes.length === 0 ? null : withOperand(p, 1, w.shape, flipped(w, axes));
  });

function padsOf(p: Place): number[] | null {
  const rank = p.inputs[1]!.shape.length - 2;
  const auto = p.node.attributes.auto_pad;
  if (auto?.kind !== 'string' || auto.value === 'NOTSET') return list(p.node.attributes.pads, 2 * rank, 0);
  const strides = list(p.node.attributes.strides, rank, 1);
  const dilations = list(p.node.attributes.dilations, rank, 1);
  const totals = strides.map((s, i) =>
    Math.max(
      0,
      (p.outputs[0]!.shape[i + 2]! - 1) * s +
        (p.inputs[1]!.shape[i + 2]! - 1) * dilations[i]! +
        1 -
        p.inputs[0]!.shape[i + 2]!,
    ),
  );
  const begin = totals.map((t) => (auto.value === 'SAME_LOWER' ? Math.ceil(t / 2) : Math.floor(t / 2)));
  return [...begin, ...totals.map((t, i) => t - begin[i]!)];
}

function withPads(p: Place, change: (pads: number[], rank: number) => number[] | null): Replaced | null {
  const pads = padsOf(p);
  const rank = p.inputs[1]!.shape.length - 2;
  const next = pads === null ? null : change([...pads], rank);
  if (next === null || next.some((x) => x < 0) || next.join() === pads!.join()) return null;
  const { auto_pad: _, ...kept } = p.node.attributes;
  return { nodes: [{ ...p.node, attributes: { ...kept, pads: ints(next) } }] };
}

const padMode = (mode: string): Bug =>
  forward(`pads by ${mode}`, 'conv.padding-mode', ['Conv'], (p) => {
    const pads = padsOf(p);
    const rank = p.inputs[1]!.shape.length - 2;
    if (pads === null || pads.every((x) => x === 0)) return null;
    const [name, amounts] = [fresh('padded'), fresh('pads')];
    const all = [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
    const { auto_pad: _, ...kept } = p.node.attributes;
    if (p.opset < 11)
      return {
        nodes: [
          nodeOf('Pad', [p.node.inputs[0]!], [name], { mode: { kind: 'string', value: mode }, pads: ints(all) }),
          {
            ...p.node,
            inputs: [name, ...p.node.inputs.slice(1)],
            attributes: { ...kept, pads: ints(pads.map(() => 0)) },
          },
        ],
      };
    return {
      nodes: [
        nodeOf('Pad', [p.node.inputs[0]!, amounts], [name], { mode: { kind: 'string', value: mode } }),
        {
          ...p.node,
          inputs: [name, ...p.node.inputs.slice(1)],
          attributes: { ...kept, pads: ints(pads.map(() => 0)) },
        },
      ],
      constants: { [amounts]: ofInts(all) },
    };
  });

function inGroups(p: Place, order: (group: number, groups: number) => number): Replaced | null {
  const group = p.node.attributes.group;
  const groups = group?.kind === 'int' ? group.value : 1;
  if (groups < 2) return null;
  const channels = p.inputs[0]!.shape[1]!;
  const size = channels / groups;
  const picked = Array.from({ length: channels }, (_, c) => order(Math.floor(c / size), groups) * size + (c % size));
  return gathered(p, picked);
}

function gathered(p: Place, picked: number[]): Replaced {
  const [name, index] = [fresh('slices'), fresh('index')];
  return {
    nodes: [
      nodeOf('Gather', [p.node.inputs[0]!, index], [name], { axis: { kind: 'int', value: 1 } }),
      { ...p.node, inputs: [name, ...p.node.inputs.slice(1)] },
    ],
    constants: { [index]: ofInts(picked) },
  };
}

export const convolutionBugs: readonly Bug[] = [
  flip('kernel flipped', (rank) => Array.from({ length: rank - 2 }, (_, i) => i + 2)),
  flip('kernel flipped along one axis', (rank) => [rank - 1]),
  forward('kernel sideways', 'conv.kernel-transposed', CONVOLUTIONS, (p) => {
    const w = p.inputs[1]!;
    const [h, c] = [w.shape[w.shape.length - 2]!, w.shape[w.shape.length - 1]!];
    if (w.shape.length < 4 || h === 1 || c === 1) return null;
    return withOperand(
      p,
      1,
      w.shape,
      w.data.map((_, i) => w.data[i - (i % (h * c)) + (i % h) * c + (Math.floor(i / h) % c)]!),
    );
  }),
  forward(
    'kernel read with channels last',
    'parameter.layout',
    CONVOLUTIONS,
    (p) => {
      const w = p.inputs[1]!;
      const [o, n] = [w.shape[0]!, w.shape[1]!];
      const k = w.data.length / o / n;
      if (n === 1 || k === 1) return null;
      return withOperand(
        p,
        1,
        w.shape,
        w.data.map((_, i) => w.data[Math.floor(i / (n * k)) * n * k + (i % k) * n + (Math.floor(i / k) % n)]!),
      );
    },
    ['axes.permuted', 'weight.transposed'],
  ),
  forward(
    'input and output channels swapped',
    'weight.transposed',
    CONVOLUTIONS,
    (p) => {
      const w = p.inputs[1]!;
      const [o, n] = [w.shape[0]!, w.shape[1]!];
      const k = w.data.length / o / n;
      return o !== n || n === 1
        ? null
        : withOperand(
            p,
            1,
            w.shape,
            w.data.map((_, i) => w.data[((Math.floor(i / k) % n) * n + Math.floor(i / (n * k))) * k + (i % k)]!),
          );
    },
    ['parameter.layout', 'axes.permuted'],
  ),
  forward(
    'all padding at the end',
    'conv.padding',
    ['Conv'],
    (p) => withPads(p, (pads, r) => pads.map((x, i) => (i < r ? 0 : x + pads[i - r]!))),
    ['index.shifted'],
  ),
  forward(
    'all padding at the start',
    'conv.padding',
    ['Conv'],
    (p) => withPads(p, (pads, r) => pads.map((x, i) => (i < r ? x + pads[i + r]! : 0))),
    ['index.shifted'],
  ),
  forward(
    'padding one off along the first axis',
    'conv.padding',
    ['Conv'],
    (p) =>
      withPads(p, (pads, r) => (pads[r]! > 0 ? pads.map((x, i) => (i === 0 ? x + 1 : i === r ? x - 1 : x)) : null)),
    ['index.shifted'],
  ),
  forward(
    'odd padding on the other side',
    'conv.padding',
    ['Conv'],
    (p) => withPads(p, (pads, r) => pads.map((_, i) => pads[(i + r) % (2 * r)]!)),
    ['index.shifted'],
  ),
  forward(
    'transposed: crop moved by one',
    'conv.padding',
    ['ConvTranspose'],
    (p) => withPads(p, (pads, r) => pads.map((x, i) => (i < r ? x - 1 : x + 1))),
    ['index.shifted'],
  ),
  forward(
    'transposed: output padding at the start',
    'conv.padding',
    ['ConvTranspose'],
    (p) => {
      const out = p.node.attributes.output_padding;
      if (out?.kind !== 'ints') return null;
      const bare = changed(p.node, { set: { output_padding: ints(out.value.map(() => 0)) } }).nodes[0]!;
      return withPads({ ...p, node: bare }, (pads, r) => pads.map((x, i) => (i < r ? x - out.value[i]! : x)));
    },
    ['index.shifted'],
  ),
  padMode('edge'),
  padMode('reflect'),
  forward('dilation ignored', 'conv.dilation', ['Conv'], (p) => {
    const rank = p.inputs[1]!.shape.length - 2;
    const d = list(p.node.attributes.dilations, rank, 1);
    const pads = padsOf(p)!;
    if (d.every((x) => x === 1)) return null;
    const lost = d.map((x, i) => (x - 1) * (p.inputs[1]!.shape[i + 2]! - 1));
    const free = pads.some((x) => x > 0);
    const next = pads.map((x, i) =>
      free ? x - (i < rank ? Math.floor(lost[i]! / 2) : lost[i - rank]! - Math.floor(lost[i - rank]! / 2)) : x,
    );
    if (free && next.every((x) => x >= 0))
      return changed(p.node, { set: { dilations: ints(d.map(() => 1)), pads: ints(next) } });
    return cut(p, { dilations: ints(d.map(() => 1)) });
  }),
  forward('dilation of 2', 'conv.dilation', ['Conv'], (p) => {
    const rank = p.inputs[1]!.shape.length - 2;
    const pads = padsOf(p)!;
    const k = p.inputs[1]!.shape.slice(2);
    if (
      list(p.node.attributes.dilations, rank, 1).some((x) => x !== 1) ||
      k.every((x) => x === 1) ||
      k.some((x) => x % 2 === 0)
    )
      return null;
    const { auto_pad: _, ...kept } = p.node.attributes;
    return {
      nodes: [
        {
          ...p.node,
          attributes: {
            ...kept,
            dilations: ints(k.map(() => 2)),
            pads: ints(pads.map((x, i) => x + (k[i % rank]! - 1) / 2)),
          },
        },
      ],
    };
  }),
  forward(
    'stride ignored',
    'conv.stride',
    ['Conv'],
    (p) =>
      list(p.node.attributes.strides, p.inputs[1]!.shape.length - 2, 1).every((x) => x === 1)
        ? null
        : cut(p, { strides: ints(p.inputs[1]!.shape.slice(2).map(() => 1)) }),
    ['index.shifted'],
  ),
  forward('groups in reverse', 'conv.groups', ['Conv'], (p) => inGroups(p, (g, n) => n - 1 - g)),
  forward('every group reads the first slice', 'conv.groups', ['Conv'], (p) => inGroups(p, () => 0)),
  forward('every group reads the next slice', 'conv.groups', ['Conv'], (p) => inGroups(p, (g, n) => (g + 1) % n)),
  forward('groups interleaved', 'conv.groups', ['Conv'], (p) => {
    const group = p.node.attributes.group;
    const groups = group?.kind === 'int' ? group.value : 1;
    const channels = p.inputs[0]!.shape[1]!;
    return groups < 2 || groups === channels
      ? null
      : gathered(
          p,
          Array.from(
            { length: channels },
            (_, c) => (c % (channels / groups)) * groups + Math.floor(c / (channels / groups)),
          ),
        );
  }),
  forward(
    'red and blue swapped',
    'input.channel-order',
    ['Conv'],
    (p) =>
      p.inputs[0]!.shape[1] === 3 && p.wiring.producer.get(p.node.inputs[0]!) === undefined
        ? gathered(p, [2, 1, 0])
        : null,
    ['conv.groups', 'index.reversed'],
  ),
];

/** With these attributes the layer makes a larger map: its first part is kept. */
function cut(p: Place, set: Record<string, Attribute>): Replaced {
  const { shape } = p.outputs[0]!;
  const [name, from, to, axes] = [fresh('large'), fresh('from'), fresh('to'), fresh('axes')];
  const spatial = shape.slice(2);
  const larger = { ...changed(p.node, { set }).nodes[0]!, outputs: [name] };
  if (p.opset < 10)
    return {
      nodes: [
        larger,
        nodeOf('Slice', [name], p.node.outputs, {
          starts: ints(spatial.map(() => 0)),
          ends: ints(spatial),
          axes: ints(spatial.map((_, i) => i + 2)),
        }),
      ],
    };
  return {
    nodes: [larger, nodeOf('Slice', [name, from, to, axes], p.node.outputs)],
    constants: {
      [from]: ofInts(spatial.map(() => 0)),
      [to]: ofInts(spatial),
      [axes]: ofInts(spatial.map((_, i) => i + 2)),
    },
  };
}
