import type { Attribute } from '../../../harness/types/graph.ts';
import { type Bug, changed, fresh, nodeOf, numbers, type Place, type Replaced } from '../bug.ts';
import { forward, ofInts, withOperand } from './linear.ts';

const int = (value: number): Attribute => ({ kind: 'int', value });

function softmaxed(p: Place, x: Float64Array, weigh: (row: Float64Array) => ArrayLike<number>): Float64Array | null {
  const { shape } = p.inputs[0]!;
  const width = shape[shape.length - 1]!;
  const out = new Float64Array(x.length);
  for (let r = 0; r < x.length; r += width) out.set(Float64Array.from(weigh(x.subarray(r, r + width)), Math.fround), r);
  return out;
}

const exps = (row: Float64Array): Float64Array => row.map((v) => Math.exp(v - Math.max(...row)));
const sum = (row: Float64Array): number => row.reduce((a, b) => a + b, 0);
const softmax = (
  what: string,
  cause: string,
  weigh: (row: Float64Array) => ArrayLike<number>,
  also: string[] = [],
): Bug =>
  forward(
    what,
    cause,
    ['Softmax'],
    (p) => numbers((x, _, { inputs }) => softmaxed(p, inputs[0]!.data, weigh) ?? x),
    also,
  );

/** The constant operand by which scores are scaled: a scalar next to a product of two computed tensors. */
function scaled(p: Place, change: (value: number, d: number) => number): Replaced | null {
  const slot = [0, 1].find((i) => p.inputs[i]?.data.length === 1 && p.wiring.graph.initializers.has(p.node.inputs[i]!));
  const other = slot === undefined ? undefined : p.wiring.producer.get(p.node.inputs[1 - slot]!);
  if (
    slot === undefined ||
    (other?.op !== 'MatMul' && other?.op !== 'Einsum') ||
    other.inputs.some((n) => p.wiring.graph.initializers.has(n))
  )
    return null;
  const value = p.inputs[slot]!.data[0]!;
  const d = Math.round(value > 1 ? value ** 2 : value ** -2);
  const next = change(value, d);
  return Math.fround(next) === Math.fround(value) ? null : withOperand(p, slot, [], [next]);
}

/** The constant that masks, in an Add or a Where before a softmax. */
function maskSlot(p: Place): number {
  const size = p.outputs[0]!.shape[p.outputs[0]!.shape.length - 1]!;
  if (p.wiring.consumers.get(p.node.outputs[0]!)?.[0]?.op !== 'Softmax') return -1;
  if (p.node.op === 'Add')
    return (
      [0, 1].find(
        (i) =>
          p.inputs[i]!.data.length < p.outputs[0]!.data.length &&
          p.inputs[i]!.shape[p.inputs[i]!.shape.length - 1] === size,
      ) ?? -1
    );
  return 0;
}

/** The mask with rows and columns read elsewhere; beyond the edge as at the edge. */
function masked(p: Place, from: (row: number, column: number) => readonly [number, number]): Replaced | null {
  const slot = maskSlot(p);
  if (slot < 0) return null;
  const m = p.inputs[slot]!;
  const [h, w] = [m.shape[m.shape.length - 2] ?? 1, m.shape[m.shape.length - 1]!];
  const clamp = (x: number, n: number): number => Math.min(n - 1, Math.max(0, x));
  const moved = m.data.map((_, i) => {
    const [r, c] = from(Math.floor(i / w) % h, i % w);
    return m.data[i - (i % (h * w)) + clamp(r, h) * w + clamp(c, w)]!;
  });
  if (moved.every((x, i) => x === m.data[i])) return null;
  const made = withOperand(p, slot, m.shape, moved);
  const name = made.nodes[0]!.inputs[slot]!;
  return m.dtype === 'bool'
    ? { ...made, constants: { [name]: { dtype: 'bool', shape: m.shape, data: Uint8Array.from(moved) } } }
    : made;
}

const mask = (what: string, from: (r: number, c: number) => readonly [number, number]): Bug =>
  forward(what, 'attention.mask-shifted', ['Add', 'Where'], (p) => masked(p, from));

const isPosition = (p: Place): number =>
  p.node.op !== 'Add'
    ? -1
    : [0, 1].findIndex((i) => p.wiring.graph.initializers.has(p.node.inputs[i]!) && /position/.test(p.node.inputs[i]!));

const positions = (what: string, move: (t: number, n: number) => number): Bug =>
  forward(
    what,
    'position.offset',
    ['Add'],
    (p) => {
      const slot = isPosition(p);
      if (slot < 0) return null;
      const { shape, data } = p.inputs[slot]!;
      const [t, d] = [shape[shape.length - 2]!, shape[shape.length - 1]!];
      return withOperand(
        p,
        slot,
        shape,
        data.map((_, i) => data[Math.min(t - 1, Math.max(0, move(Math.floor(i / d), t))) * d + (i % d)]!),
      );
    },
    ['index.shifted'],
  );

/** Rotary angles of another position, where the table multiplies. */
const rotary = (
  what: string,
  cause: string,
  from: (t: number, j: number, d: number, n: number) => readonly [number, number],
): Bug =>
  forward(what, cause, ['Mul'], (p) => {
    const slot = [0, 1].find(
      (i) => p.wiring.graph.initializers.has(p.node.inputs[i]!) && p.inputs[i]!.shape.length === 4,
    );
    if (slot === undefined) return null;
    const { shape, data } = p.inputs[slot]!;
    const [n, d] = [shape[2]!, shape[3]!];
    return withOperand(
      p,
      slot,
      shape,
      data.map((_, i) => {
        const [t, j] = from(Math.floor(i / d), i % d, d, n);
        return data[Math.min(n - 1, Math.max(0, t)) * d + j]!;
      }),
    );
  });

export const attentionBugs: readonly Bug[] = [
  softmax('last term missing from the sum', 'softmax.denominator', (row) =>
    exps(row).map((v) => v / sum(exps(row).subarray(0, -1))),
  ),
  softmax('first term missing from the sum', 'softmax.denominator', (row) =>
    exps(row).map((v) => v / sum(exps(row).subarray(1))),
  ),
  softmax('one more in the sum', 'softmax.denominator', (row) => exps(row).map((v) => v / (1 + sum(exps(row))))),
  softmax('twice', 'softmax.repeated', (row) => {
    const once = exps(row).map((v) => v / sum(exps(row)));
    return exps(once).map((v) => v / sum(exps(once)));
  }),
  softmax('not divided by the sum', 'softmax.denominator', (row) => exps(row), ['activation.wrong-function']),
  forward('over another axis', 'softmax.axis', ['Softmax', 'LogSoftmax'], (p) =>
    p.opset < 13 && p.inputs[0]!.shape.length > 2
      ? null
      : changed(p.node, { set: { axis: int(p.inputs[0]!.shape.length > 2 ? p.inputs[0]!.shape.length - 2 : 0) } }),
  ),
  forward('scale missing', 'attention.scale', ['Div', 'Mul'], (p) => scaled(p, () => 1)),
  forward('by d', 'attention.scale', ['Div', 'Mul'], (p) => scaled(p, (v, d) => (v > 1 ? d : 1 / d))),
  forward('multiplied instead of divided', 'attention.scale', ['Div', 'Mul'], (p) => scaled(p, (v) => 1 / v)),
  forward('root of all heads’ width', 'attention.scale', ['Div', 'Mul'], (p) =>
    scaled(p, (v) => (v > 1 ? v * Math.SQRT2 : v / Math.SQRT2)),
  ),
  forward('mask not added', 'attention.mask-missing', ['Add'], (p) =>
    maskSlot(p) < 0 ? null : { nodes: [nodeOf('Identity', [p.node.inputs[1 - maskSlot(p)]!], p.node.outputs)] },
  ),
  forward('mask not used', 'attention.mask-missing', ['Where'], (p) =>
    maskSlot(p) < 0 ? null : { nodes: [nodeOf('Identity', [p.node.inputs[1]!], p.node.outputs)] },
  ),
  mask('sees one more', (r, c) => [r, c - 1]),
  mask('sees one less', (r, c) => [r, c + 1]),
  mask('transposed', (r, c) => [c, r]),
  forward(
    'mask inverted',
    'attention.mask-shifted',
    ['Where'],
    (p) =>
      maskSlot(p) < 0 ? null : changed(p.node, { inputs: [p.node.inputs[0]!, p.node.inputs[2]!, p.node.inputs[1]!] }),
    ['attention.mask-missing'],
  ),
  forward('operator: not causal', 'attention.mask-missing', ['Attention'], (p) =>
    changed(p.node, { set: { is_causal: int(0) } }),
  ),
  forward('operator: scale 1', 'attention.scale', ['Attention'], (p) =>
    changed(p.node, { set: { scale: { kind: 'float', value: 1 } } }),
  ),
  forward('operator: pairs side by side', 'rope.pairing', ['RotaryEmbedding'], (p) =>
    changed(p.node, { set: { interleaved: int(1) } }),
  ),
  forward('operator: positions one late', 'position.offset', ['RotaryEmbedding'], (p) => {
    const ids = p.inputs[3]!;
    const name = fresh('ids');
    const made = changed(p.node, { inputs: [...p.node.inputs.slice(0, 3), name] });
    return {
      ...made,
      constants: { [name]: { ...ofInts([...ids.data].map((t) => Math.min(t + 1, 4))), shape: ids.shape } },
    };
  }),
  positions('one late', (t) => t + 1),
  positions('one early', (t) => t - 1),
  positions('all the first', () => 0),
  forward(
    'not added',
    'position.offset',
    ['Add'],
    (p) =>
      isPosition(p) < 0 ? null : { nodes: [nodeOf('Identity', [p.node.inputs[1 - isPosition(p)]!], p.node.outputs)] },
    ['bias.missing', 'residual.missing'],
  ),
  rotary('angles of the next position', 'position.offset', (t, j) => [t + 1, j]),
  rotary('angles for pairs side by side', 'rope.pairing', (t, j) => [t, Math.floor(j / 2)]),
  forward('index one up', 'embedding.index-shifted', ['Gather'], (p) => shiftedIndex(p, 1)),
  forward('index one down', 'embedding.index-shifted', ['Gather'], (p) => shiftedIndex(p, -1)),
  forward(
    'rows of a table read in columns',
    'axes.permuted',
    ['Gather'],
    (p) =>
      shiftedIndex(p, 1) === null
        ? null
        : withOperand(
            p,
            0,
            p.inputs[0]!.shape,
            p.inputs[0]!.data.map(
              (_, i, all) =>
                all[(i % p.inputs[0]!.shape[1]!) * p.inputs[0]!.shape[0]! + Math.floor(i / p.inputs[0]!.shape[1]!)]!,
            ),
          ),
    ['parameter.layout', 'weight.transposed'],
  ),
];

function shiftedIndex(p: Place, by: number): Replaced | null {
  const [table, index] = p.inputs;
  if (table?.shape.length !== 2 || !p.wiring.graph.initializers.has(p.node.inputs[0]!) || index!.shape.length < 1)
    return null;
  const n = table.shape[0]!;
  const name = fresh('moved');
  const moved = Array.from(index!.data, (i) => Math.min(n - 1, Math.max(0, i + by)));
  return {
    ...changed(p.node, { inputs: [p.node.inputs[0]!, name] }),
    constants: { [name]: { ...ofInts(moved), shape: index!.shape } },
  };
}
