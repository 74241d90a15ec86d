import { roundToBfloat16, roundToFloat16 } from '../../../harness/numerics/float16.ts';
import { isFloat } from '../../../harness/tensor.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import { type Bug, changed, numbers, type Place, type Wrong } from '../bug.ts';

const COMPUTES = [
  'Conv',
  'ConvTranspose',
  'Gemm',
  'MatMul',
  'Add',
  'Mul',
  'Sub',
  'Div',
  'Relu',
  'Sigmoid',
  'Tanh',
  'Softmax',
  'LayerNormalization',
  'BatchNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'AveragePool',
  'MaxPool',
  'Resize',
  'Concat',
  'Gather',
  'LSTM',
  'GRU',
  'RNN',
  'Einsum',
  'Attention',
  'Elu',
  'Selu',
  'Mish',
  'Gelu',
  'HardSwish',
  'LRN',
  'ReduceMean',
  'GlobalAveragePool',
  'DepthToSpace',
  'RMSNormalization',
  'LpPool',
  'Erf',
  'Where',
  'Pow',
  'Clip',
]; // prettier-ignore
const PRODUCTS = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Einsum', 'Attention', 'LSTM', 'GRU', 'RNN'];

/** A bug in what a layer wrote, whatever the layer. */
function written(
  what: string,
  cause: string,
  f: (x: Float64Array, shape: Shape, place: Place) => Float64Array | null,
  ops = COMPUTES,
  also: string[] = [],
): Bug {
  const make = (place: Place): Wrong | null => {
    const [first] = place.outputs;
    if (first === undefined || !isFloat(first.dtype) || first.data.length < 12) return null;
    if (f(first.data.slice(), first.shape, place) === null) return null;
    return numbers((x, value, given) => f(x.slice(), value.shape, { ...place, value: given.value }) ?? x);
  };
  return { what, cause, also, direction: 'forward', ops, make };
}

const last = (shape: Shape): number => shape[shape.length - 1] as number;
const inner = (shape: Shape, axis: number): number => shape.slice(axis + 1).reduce((a, b) => a * b, 1);
const at = (i: number, shape: Shape, axis: number): number =>
  Math.floor(i / inner(shape, axis)) % (shape[axis] as number);

function otherOfSize(place: Place, size: number): Float64Array | null {
  const mine = new Set([...place.node.inputs, ...place.node.outputs]);
  const before = place.wiring.graph.nodes.slice(0, place.wiring.position.get(place.node));
  for (const name of before.flatMap((n) => n.outputs)) {
    const value = name === '' || mine.has(name) ? undefined : place.value(name);
    if (value !== undefined && value.data.length === size && isFloat(value.dtype)) return value.data;
  }
  return null;
}

export const anyBugs: readonly Bug[] = [
  written('every sign flipped', 'sign.flipped', (x) => x.map((v) => -v), COMPUTES, ['scale.constant', 'rope.pairing']),
  written('times 2', 'scale.constant', (x) => x.map((v) => 2 * v), COMPUTES, [
    'attention.scale',
    'activation.constant',
    'value.accumulated',
  ]),
  written('times 1/3', 'scale.constant', (x) => x.map((v) => v / 3), COMPUTES, [
    'attention.scale',
    'activation.constant',
  ]),
  written('divided by the batch', 'scale.constant', (x, s) =>
    (s[0] ?? 1) > 1 ? x.map((v) => v / (s[0] as number)) : null,
  ),
  written('last channel never written', 'region.partial', (x, s) =>
    s.length >= 2 && s[1]! > 1 ? x.map((v, i) => (at(i, s, 1) === s[1]! - 1 ? 0 : v)) : null,
  ),
  written('columns past a multiple of 4 never written', 'region.partial', (x, s) =>
    last(s) % 4 !== 0 && last(s) > 4 ? x.map((v, i) => (i % last(s) >= last(s) - (last(s) % 4) ? 0 : v)) : null,
  ),
  written('tail of the buffer past a multiple of 32', 'region.partial', (x) =>
    x.length > 32 && x.length % 32 !== 0 ? x.map((v, i) => (i >= x.length - (x.length % 32) ? 0 : v)) : null,
  ),
  written('batch rows after the first never written', 'region.partial', (x, s) =>
    s.length > 1 && s[0]! > 1 ? x.map((v, i) => (i >= x.length / s[0]! ? 0 : v)) : null,
  ),
  written('every batch row is the first', 'region.partial', (x, s) =>
    s.length > 1 && s[0]! > 2 ? x.map((_, i) => x[i % (x.length / s[0]!)]!) : null,
  ),
  written('border never written', 'region.partial', (x, s) =>
    s.length === 4 && s[2]! > 2 && s[3]! > 2
      ? x.map((v, i) => ([2, 3].some((a) => at(i, s, a) === 0 || at(i, s, a) === s[a]! - 1) ? 0 : v))
      : null,
  ),
  written('first row keeps rubbish', 'region.partial', (x, s) =>
    s.length > 1 ? x.map((v, i) => (i < last(s) ? Math.fround(Math.sin(9 * i) * 7) : v)) : null,
  ),
  written('never written', 'value.zero', (x) => x.map(() => 0), COMPUTES, ['scale.constant']),
  written('another layer’s buffer', 'value.stale', (x, _s, p) => otherOfSize(p, x.length)?.slice() ?? null, COMPUTES, [
    'wiring.wrong-source',
  ]),
  written('added to an old buffer', 'value.accumulated', (x, _s, p) => {
    const old = otherOfSize(p, x.length);
    return old === null ? null : x.map((v, i) => Math.fround(v + old[i]!));
  }),
  written('written as float16', 'precision.reduced', (x) => x.map(roundToFloat16), PRODUCTS),
  written('written as bfloat16', 'precision.reduced', (x) => x.map(roundToBfloat16)),
  written('a row overflows', 'value.nan', (x, s) => x.map((v, i) => (i < last(s) ? Number.NaN : v))),
  written('infinite in one place', 'value.nan', (x) => x.map((v, i) => (i === 5 ? Number.POSITIVE_INFINITY : v))),
  written('shifted by one along the last axis', 'index.shifted', (x, s) =>
    last(s) > 2 ? x.map((_, i) => (i % last(s) === 0 ? 0 : x[i - 1]!)) : null,
  ),
  written('rolled by one along the last axis', 'index.shifted', (x, s) =>
    last(s) > 2 ? x.map((_, i) => (i % last(s) === 0 ? x[i + last(s) - 1]! : x[i - 1]!)) : null,
  ),
  written('shifted by one along axis 1', 'index.shifted', (x, s) =>
    s.length > 2 && s[1]! > 2 ? x.map((_, i) => (at(i, s, 1) === 0 ? 0 : x[i - inner(s, 1)]!)) : null,
  ),
  written('reversed along the last axis', 'index.reversed', (x, s) =>
    last(s) > 2 ? x.map((_, i) => x[i - (i % last(s)) + last(s) - 1 - (i % last(s))]!) : null,
  ),
  written(
    'reversed along the batch',
    'index.reversed',
    (x, s) =>
      s.length > 1 && s[0]! > 2
        ? x.map((_, i) => x[(s[0]! - 1 - at(i, s, 0)) * inner(s, 0) + (i % inner(s, 0))]!)
        : null,
    COMPUTES,
    ['recurrent.direction'],
  ),
  written('last two axes swapped in memory', 'axes.permuted', (x, s) => {
    const [h, w] = [s[s.length - 2] ?? 1, last(s)];
    return h > 1 && w > 1 ? x.map((_, i) => x[i - (i % (h * w)) + (i % h) * w + (Math.floor(i / h) % w)]!) : null;
  }),
];

/** One operand, or what is stored of a weight, held in fewer bits. */
function operand(what: string, which: 'both' | 'weight', f: (x: Float64Array) => Float64Array): Bug {
  const make = (place: Place): Wrong | null => {
    const { node, inputs, wiring } = place;
    const slots = inputs.flatMap((v, i) =>
      v !== undefined &&
      isFloat(v.dtype) &&
      (which === 'both' ? i < 2 : i === 1 && wiring.graph.initializers.has(node.inputs[1]!))
        ? [i]
        : [],
    );
    if (slots.length === 0) return null;
    const casts = slots.map((slot) => ({ slot, name: `bug::narrow${slot}${node.name}` }));
    if (which === 'weight') {
      const value = inputs[1]!;
      const tensor = { dtype: 'float32' as const, shape: value.shape, data: Float32Array.from(f(value.data)) };
      return {
        nodes: [{ ...node, inputs: node.inputs.map((n, i) => (i === 1 ? casts[0]!.name : n)) }],
        constants: { [casts[0]!.name]: tensor },
      };
    }
    const to = f(Float64Array.of(1 + 2 ** -9))[0] === 1 ? 16 : 10;
    const cast = (from: string, type: number, name: string) => ({
      name: `bug::cast${name}`,
      op: 'Cast',
      domain: '',
      inputs: [from],
      outputs: [name],
      attributes: { to: { kind: 'int' as const, value: type } },
    });
    const nodes = casts.flatMap(({ slot, name }) => [
      cast(node.inputs[slot]!, to, `${name}narrow`),
      cast(`${name}narrow`, 1, name),
    ]);
    const names = node.inputs.map((n, i) => casts.find((c) => c.slot === i)?.name ?? n);
    return { nodes: [...nodes, ...changed(node, { inputs: names }).nodes] };
  };
  return { what, cause: 'precision.reduced', direction: 'forward', ops: PRODUCTS, make };
}

const eightBits = (x: Float64Array): Float64Array => {
  const scale = x.reduce((m, v) => Math.max(m, Math.abs(v)), 0) / 127;
  return x.map((v) => Math.round(v / scale) * scale);
};

export const precisionBugs: readonly Bug[] = [
  operand('operands in float16', 'both', (x) => x.map(roundToFloat16)),
  operand('operands in bfloat16', 'both', (x) => x.map(roundToBfloat16)),
  operand('weight in bfloat16', 'weight', (x) => x.map(roundToBfloat16)),
  operand('weight in float16', 'weight', (x) => x.map(roundToFloat16)),
  operand('weight in 8 bits', 'weight', eightBits),
];

/** Reads another tensor of the same shape. */
export const wiringBugs: readonly Bug[] = [0, 1].map((slot) => ({
  what: `input ${slot} from another tensor`,
  cause: 'wiring.wrong-source',
  also:
    slot === 1
      ? ['residual.missing', 'residual.placement', 'parameter.differs']
      : ['residual.missing', 'residual.placement'],
  direction: 'forward' as const,
  ops: [
    'Conv',
    'MatMul',
    'Add',
    'Concat',
    'Relu',
    'Sigmoid',
    'LayerNormalization',
    'BatchNormalization',
    'Mul',
    'Gemm',
  ],
  make: ({ node, inputs, wiring, value }: Place) => {
    const own = inputs[slot];
    const read = node.inputs[slot];
    if (own === undefined || read === undefined || wiring.graph.initializers.has(read) || own.data.length < 8)
      return null;
    const before = wiring.graph.nodes.slice(0, wiring.position.get(node)).flatMap((n) => n.outputs);
    const other = before.find(
      (name) =>
        name !== '' &&
        !node.inputs.includes(name) &&
        value(name)?.shape.join() === own.shape.join() &&
        isFloat(value(name)!.dtype),
    );
    return other === undefined ? null : changed(node, { inputs: node.inputs.map((n, i) => (i === slot ? other : n)) });
  },
}));
