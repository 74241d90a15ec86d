import type { Value } from '../../../harness/types/oracle.ts';
import type { Shape, Tensor } from '../../../harness/types/tensor.ts';
import { type Bug, changed, fresh, nodeOf, type Place, type Replaced, type Wrong } from '../bug.ts';

export const tensor = (shape: Shape, data: ArrayLike<number>): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});
export const ofInts = (data: readonly number[]): Tensor => ({
  dtype: 'int64',
  shape: [data.length],
  data: BigInt64Array.from(data.map(BigInt)),
});

/** The node with other numbers in one operand. */
export function withOperand({ node }: Place, slot: number, shape: Shape, data: ArrayLike<number>): Replaced {
  const name = fresh('operand');
  return {
    ...changed(node, { inputs: node.inputs.map((n, i) => (i === slot ? name : n)) }),
    constants: { [name]: tensor(shape, data) },
  };
}

export const forward = (
  what: string,
  cause: string,
  ops: readonly string[],
  make: (place: Place) => Wrong | null,
  also: string[] = [],
): Bug => ({
  what,
  cause,
  also,
  direction: 'forward',
  ops,
  make,
}); // prettier-ignore

const BIASED = ['Conv', 'ConvTranspose', 'Gemm'];
const isParameter = (place: Place, slot: number): boolean =>
  place.wiring.graph.initializers.has(place.node.inputs[slot] ?? '');

/** An Add that is the bias of a product before it: slot of the bias, or -1. */
function biasSlot(place: Place): number {
  const { node, wiring, inputs } = place;
  const slot = [0, 1].find(
    (i) => isParameter(place, i) && (inputs[i]?.shape.length ?? 0) === 1 && inputs[i]!.data.length > 1,
  );
  const other = slot === undefined ? undefined : wiring.producer.get(node.inputs[1 - slot]!);
  return other?.op === 'MatMul' ? slot! : -1;
}

export function transposed(value: Value): number[] {
  const [r, c] = value.shape.slice(-2) as [number, number];
  return Array.from(
    value.data,
    (_, i) => value.data[i - (i % (r * c)) + (i % r) * c + (Math.floor(i / r) % c)] as number,
  );
}

function linearWeight(place: Place): number {
  const { node } = place;
  const slot = isParameter(place, 1) ? 1 : isParameter(place, 0) ? 0 : -1;
  return node.op === 'Gemm' || node.op === 'MatMul'
    ? slot >= 0 && place.inputs[slot]!.shape.length === 2
      ? slot
      : -1
    : -1;
}

function dropTail(place: Place, drop: (k: number) => number): Replaced | null {
  const slot = linearWeight(place);
  if (slot < 0) return null;
  const w = place.inputs[slot]!;
  const flag = place.node.attributes[slot === 1 ? 'transB' : 'transA'];
  const swapped = flag?.kind === 'int' && flag.value === 1;
  const axis = (slot === 1) === swapped ? 1 : 0;
  const [, c] = w.shape as [number, number];
  const k = w.shape[axis] as number;
  const kept = k - drop(k);
  if (kept >= k || kept < 1) return null;
  return withOperand(
    place,
    slot,
    w.shape,
    w.data.map((x, i) => ((axis === 1 ? i % c : Math.floor(i / c)) < kept ? x : 0)),
  );
}

export const linearBugs: readonly Bug[] = [
  forward('bias not added', 'bias.missing', BIASED, (p) =>
    p.inputs[2] === undefined ? null : changed(p.node, { inputs: p.node.inputs.slice(0, 2) }),
  ),
  forward('bias not added after the product', 'bias.missing', ['Add'], (p) => {
    const slot = biasSlot(p);
    return slot < 0 ? null : { nodes: [nodeOf('Identity', [p.node.inputs[1 - slot]!], p.node.outputs)] };
  }),
  forward('bias added twice', 'bias.doubled', BIASED, (p) =>
    p.inputs[2] === undefined
      ? null
      : withOperand(
          p,
          2,
          p.inputs[2].shape,
          p.inputs[2].data.map((x) => 2 * x),
        ),
  ),
  forward('bias added twice after the product', 'bias.doubled', ['Add'], (p) =>
    biasSlot(p) < 0
      ? null
      : withOperand(
          p,
          biasSlot(p),
          p.inputs[biasSlot(p)]!.shape,
          p.inputs[biasSlot(p)]!.data.map((x) => 2 * x),
        ),
  ),
  forward('bias by row of the batch', 'bias.axis', ['Conv', 'ConvTranspose', 'Gemm'], (p) => {
    const [y] = p.outputs;
    const bias = p.inputs[2];
    const n = y?.shape[0] ?? 1;
    if (bias === undefined || y === undefined || n < 2 || bias.data.length < n || bias.shape.length !== 1) return null;
    const plain = fresh('plain');
    const name = fresh('rows');
    return {
      nodes: [
        { ...p.node, inputs: p.node.inputs.slice(0, 2), outputs: [plain] },
        nodeOf('Add', [plain, name], p.node.outputs),
      ],
      constants: { [name]: tensor([n, ...y.shape.slice(1).map(() => 1)], bias.data.slice(0, n)) },
    };
  }),
  forward('bias along the last axis', 'bias.axis', ['Conv'], (p) => {
    const [y] = p.outputs;
    const bias = p.inputs[2];
    const w = y?.shape[y.shape.length - 1] ?? 0;
    if (bias === undefined || y === undefined || w < 2) return null;
    const [plain, name] = [fresh('plain'), fresh('columns')];
    return {
      nodes: [
        { ...p.node, inputs: p.node.inputs.slice(0, 2), outputs: [plain] },
        nodeOf('Add', [plain, name], p.node.outputs),
      ],
      constants: {
        [name]: tensor(
          [w],
          Array.from({ length: w }, (_, i) => bias.data[i % bias.data.length]!),
        ),
      },
    };
  }),
  forward('square weight transposed', 'weight.transposed', ['Gemm', 'MatMul'], (p) => {
    const slot = linearWeight(p);
    const w = slot < 0 ? undefined : p.inputs[slot];
    return w === undefined || w.shape[0] !== w.shape[1] ? null : withOperand(p, slot, w.shape, transposed(w));
  }),
  forward(
    'weight read in columns',
    'weight.transposed',
    ['Gemm', 'MatMul'],
    (p) => {
      const slot = linearWeight(p);
      const w = slot < 0 ? undefined : p.inputs[slot];
      return w === undefined || w.shape[0] === w.shape[1] || w.shape.includes(1)
        ? null
        : withOperand(p, slot, w.shape, transposed(w));
    },
    ['parameter.layout', 'axes.permuted'],
  ),
  forward('last term dropped', 'linear.tail-dropped', ['Gemm', 'MatMul'], (p) => dropTail(p, () => 1)),
  forward('terms past a multiple of 4 dropped', 'linear.tail-dropped', ['Gemm', 'MatMul'], (p) =>
    dropTail(p, (k) => k % 4),
  ),
  forward('alpha left out', 'scale.constant', ['Gemm'], (p) =>
    p.node.attributes.alpha === undefined ? null : changed(p.node, { set: { alpha: { kind: 'float', value: 1 } } }),
  ),
  forward(
    'beta left out',
    'bias.doubled',
    ['Gemm'],
    (p) =>
      p.node.attributes.beta === undefined ? null : changed(p.node, { set: { beta: { kind: 'float', value: 1 } } }),
    ['scale.constant', 'bias.missing'],
  ),
  forward('flattened channels last', 'flatten.order', ['Flatten'], (p) => {
    const rank = p.inputs[0]!.shape.length;
    if (rank < 3) return null;
    const name = fresh('last');
    const perm = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
    return {
      nodes: [
        nodeOf('Transpose', [p.node.inputs[0]!], [name], { perm: { kind: 'ints', value: perm } }),
        { ...p.node, inputs: [name] },
      ],
    };
  }),
  forward(
    'reinterpreted, not transposed',
    'axes.permuted',
    ['Transpose'],
    (p) => {
      const name = fresh('shape');
      return {
        nodes: [nodeOf('Reshape', [p.node.inputs[0]!, name], p.node.outputs)],
        constants: { [name]: ofInts(p.outputs[0]!.shape) },
      };
    },
    ['attention.heads-merged'],
  ),
  forward('other perm', 'axes.permuted', ['Transpose'], (p) => {
    const perm = p.node.attributes.perm;
    const shape = p.outputs[0]!.shape;
    if (perm?.kind !== 'ints' || shape.length < 3) return null;
    for (let a = 0; a < shape.length - 1; a++) {
      if (shape[a] !== shape[a + 1] || shape[a] === 1) continue;
      const other = [...perm.value];
      [other[a], other[a + 1]] = [other[a + 1]!, other[a]!];
      return changed(p.node, { set: { perm: { kind: 'ints', value: other } } });
    }
    return null;
  }),
  forward('parts joined in reverse', 'concat.order', ['Concat'], (p) =>
    p.node.inputs.length < 2 ? null : changed(p.node, { inputs: p.node.inputs.toReversed() }),
  ),
  forward(
    'operands swapped',
    'sign.flipped',
    ['Sub'],
    (p) =>
      p.inputs[0]!.data.length === p.inputs[1]!.data.length
        ? changed(p.node, { inputs: p.node.inputs.toReversed() })
        : null,
    ['scale.constant'],
  ),
  forward('skip left out', 'residual.missing', ['Add', 'Sum'], (p) => skip(p)),
];

/** An Add of two computed tensors of one shape: the one that has come further is kept. */
function skip(p: Place): Wrong | null {
  const { node, wiring, inputs } = p;
  if (node.inputs.length !== 2 || inputs[0]!.shape.join() !== inputs[1]!.shape.join()) return null;
  const places = node.inputs.map((name) => wiring.position.get(wiring.producer.get(name) as never) ?? -1);
  if (places.some((at) => at < 0)) return null;
  const reads = (name: string, from: string, depth = 0): boolean =>
    depth < 40 && (name === from || (wiring.producer.get(name)?.inputs ?? []).some((i) => reads(i, from, depth + 1)));
  const late = places[0]! > places[1]! ? 0 : 1;
  return reads(node.inputs[late]!, node.inputs[1 - late]!)
    ? { nodes: [nodeOf('Identity', [node.inputs[late]!], node.outputs)] }
    : null;
}
