import { float, int, ints, Maker, type Net } from '../maker.ts';

/** Splits [B, T, H·D] into [B, H, T, D]. */
const heads = (m: Maker, x: string, [b, t, h, d]: readonly [number, number, number, number]): string =>
  m.transpose(m.reshape(x, b, t, h, d), 0, 2, 1, 3);

/** Layer norm written out in primitives, as exporters before opset 17 do. */
export function writtenNorm(m: Maker, x: string, name: string, size: number, epsilon: number): string {
  const mean = m.node('ReduceMean', [x], { axes: ints(-1), keepdims: int(1) });
  const centred = m.node('Sub', [x, mean]);
  const square = m.node('Pow', [centred, m.constant(2)]);
  const variance = m.node('ReduceMean', [square], { axes: ints(-1), keepdims: int(1) });
  const deviation = m.node('Sqrt', [m.node('Add', [variance, m.constant(epsilon)])]);
  const scaled = m.node('Mul', [m.node('Div', [centred, deviation]), m.weight(`${name}.weight`, [size], 0.3, 1)]);
  return m.node('Add', [scaled, m.weight(`${name}.bias`, [size], 0.3)]);
}

function geluByErf(m: Maker, x: string): string {
  const erf = m.node('Erf', [m.node('Div', [x, m.constant(Math.SQRT2)])]);
  const half = m.node('Mul', [x, m.node('Add', [erf, m.constant(1)])]);
  return m.node('Mul', [half, m.constant(0.5)]);
}

function geluByTanh(m: Maker, x: string): string {
  const cube = m.node('Pow', [x, m.constant(3)]);
  const inner = m.node('Add', [x, m.node('Mul', [cube, m.constant(0.044715)])]);
  const tanh = m.node('Tanh', [m.node('Mul', [inner, m.constant(Math.sqrt(2 / Math.PI))])]);
  return m.node('Mul', [m.node('Mul', [m.constant(0.5), x]), m.node('Add', [m.constant(1), tanh])]);
}

/** A vision transformer: patches by convolution, a class token, one block of fused projections. */
export function vit(): Net {
  const m = new Maker('vit', 16);
  const image = m.floats('image', [2, 3, 12, 12]);
  const patches = m.conv(image, 'patch', [16, 3, 4, 4], { strides: ints(4, 4) });
  const rows = m.transpose(m.reshape(patches, 2, 16, 9), 0, 2, 1);
  const token = m.node('Expand', [m.weight('cls', [1, 1, 16], 1), m.constant([2, 1, 16], 'int64')]);
  const all = m.node('Concat', [token, rows], { axis: int(1) });
  const x = m.node('Add', [all, m.weight('positions', [1, 10, 16], 0.5)]);
  const normed = writtenNorm(m, x, 'norm1', 16, 1e-6);
  const qkv = m.linear(normed, 'qkv', 16, 48);
  const five = m.transpose(m.reshape(qkv, 2, 10, 3, 2, 8), 2, 0, 3, 1, 4);
  const [q, k, v] = [0, 1, 2].map((i) => m.node('Gather', [five, m.constant(i, 'int64')], { axis: int(0) })) as [
    string,
    string,
    string,
  ];
  const scores = m.node('MatMul', [q, m.transpose(k, 0, 1, 3, 2)]);
  const weights = m.node('Softmax', [m.node('Mul', [scores, m.constant(1 / Math.sqrt(8))])], { axis: int(-1) });
  const mixed = m.reshape(m.transpose(m.node('MatMul', [weights, v]), 0, 2, 1, 3), 2, 10, 16);
  const y = m.node('Add', [x, m.linear(mixed, 'proj', 16, 16)]);
  const hidden = geluByErf(m, m.linear(writtenNorm(m, y, 'norm2', 16, 1e-6), 'fc1', 16, 28));
  const z = m.node('Add', [y, m.linear(hidden, 'fc2', 28, 16)]);
  const first = m.node('Gather', [writtenNorm(m, z, 'norm', 16, 1e-6), m.constant(0, 'int64')], { axis: int(1) });
  m.crossEntropy(m.gemm(first, 'head', 16, 7), [2], 7);
  return m.net('loss');
}

function rms(m: Maker, x: string, name: string, size: number): string {
  const square = m.node('Pow', [x, m.constant(2)]);
  const mean = m.node('ReduceMean', [square, m.constant([-1], 'int64')], { keepdims: int(1) });
  const root = m.node('Sqrt', [m.node('Add', [mean, m.constant(1e-6)])]);
  const scaled = m.node('Mul', [x, m.node('Div', [m.constant(1), root])]);
  return m.node('Mul', [m.weight(`${name}.weight`, [size], 0.3, 1), scaled]);
}

function rotate(m: Maker, x: string, cos: string, sin: string, half: number): string {
  const slice = (from: number, to: number): string =>
    m.node('Slice', [x, m.constant([from], 'int64'), m.constant([to], 'int64'), m.constant([3], 'int64')]);
  const [a, b] = [slice(0, half), slice(half, 2 * half)];
  const turned = m.node('Concat', [m.node('Neg', [b]), a], { axis: int(-1) });
  return m.node('Add', [m.node('Mul', [x, cos]), m.node('Mul', [turned, sin])]);
}

/** Rotary positions, root mean square norm, gated feed-forward, causal mask added. */
export function llama(): Net {
  const m = new Maker('llama', 18);
  const [b, t, h, d] = [2, 7, 2, 6] as const;
  const tokens = m.tokens('tokens', [b, t], 11);
  const x = m.node('Gather', [m.weight('embed', [11, 12], 1), tokens]);
  const normed = rms(m, x, 'norm1', 12);
  const project = (name: string): string =>
    heads(m, m.node('MatMul', [normed, m.weight(`${name}.weight`, [12, 12], 0.3)]), [b, t, h, d]);
  const angle = (f: (a: number) => number): string =>
    m.constant(
      Array.from({ length: t * d }, (_, i) => f(Math.floor(i / d) * 10000 ** (-(i % 3) / 3))),
      'float32',
      [1, 1, t, d],
    );
  const [cos, sin] = [angle(Math.cos), angle(Math.sin)];
  const q = rotate(m, project('q'), cos, sin, 3);
  const k = rotate(m, project('k'), cos, sin, 3);
  const v = project('v');
  const scores = m.node('Div', [m.node('MatMul', [q, m.transpose(k, 0, 1, 3, 2)]), m.constant(Math.sqrt(d))]);
  const mask = m.constant(
    Array.from({ length: t * t }, (_, i) => (i % t > Math.floor(i / t) ? -3.4e38 : 0)),
    'float32',
    [1, 1, t, t],
  );
  const weights = m.node('Softmax', [m.node('Add', [scores, mask])], { axis: int(-1) });
  const mixed = m.reshape(m.transpose(m.node('MatMul', [weights, v]), 0, 2, 1, 3), b, t, 12);
  const y = m.node('Add', [x, m.node('MatMul', [mixed, m.weight('o.weight', [12, 12], 0.3)])]);
  const again = rms(m, y, 'norm2', 12);
  const gate = m.node('MatMul', [again, m.weight('gate.weight', [12, 20], 0.4)]);
  const silu = m.node('Mul', [gate, m.node('Sigmoid', [gate])]);
  const up = m.node('MatMul', [again, m.weight('up.weight', [12, 20], 0.3)]);
  const down = m.node('MatMul', [m.node('Mul', [silu, up]), m.weight('down.weight', [20, 12], 0.3)]);
  const z = rms(m, m.node('Add', [y, down]), 'norm', 12);
  const logits = m.reshape(m.node('MatMul', [z, m.weight('head.weight', [12, 11], 0.3)]), b * t, 11);
  m.crossEntropy(logits, [b * t], 11, { ignore_index: int(-100) });
  return m.net('loss');
}

/** Post-norm encoder with a padding mask, two embeddings, GELU by tanh, a pooler. */
export function bert(): Net {
  const m = new Maker('bert', 17);
  const [b, t, h, d] = [3, 5, 2, 4] as const;
  const tokens = m.tokens('tokens', [b, t], 13);
  const types = m.tokens('types', [b, t], 2);
  const present = m.tokens('mask', [b, t], 2, (i) => (i % t < t - Math.floor(i / t) ? 1 : 0));
  const words = m.node('Gather', [m.weight('word', [13, 8], 1), tokens]);
  const kinds = m.node('Gather', [m.weight('type', [2, 8], 1), types]);
  const sum = m.node('Add', [m.node('Add', [words, kinds]), m.weight('position', [t, 8], 0.7)]);
  const x = m.layerNorm(sum, 'embed.norm', 8, 1e-12);
  const wide = m.node('Cast', [m.node('Unsqueeze', [present, m.constant([1, 2], 'int64')])], { to: int(1) });
  const bias = m.node('Mul', [m.node('Sub', [m.constant(1), wide]), m.constant(-10000)]);
  const project = (name: string): string => heads(m, m.linear(x, name, 8, 8), [b, t, h, d]);
  const [q, k, v] = [project('q'), project('k'), project('v')];
  const scores = m.node('Div', [m.node('MatMul', [q, m.transpose(k, 0, 1, 3, 2)]), m.constant(2)]);
  const weights = m.node('Softmax', [m.node('Add', [scores, bias])], { axis: int(-1) });
  const mixed = m.reshape(m.transpose(m.node('MatMul', [weights, v]), 0, 2, 1, 3), b, t, 8);
  const y = m.layerNorm(m.node('Add', [m.linear(mixed, 'o', 8, 8), x]), 'norm1', 8, 1e-12);
  const hidden = geluByTanh(m, m.linear(y, 'up', 8, 17));
  const z = m.layerNorm(m.node('Add', [m.linear(hidden, 'down', 17, 8), y]), 'norm2', 8, 1e-12);
  const first = m.node('Gather', [z, m.constant(0, 'int64')], { axis: int(1) });
  const pooled = m.node('Tanh', [m.gemm(first, 'pooler', 8, 8)]);
  m.crossEntropy(m.gemm(pooled, 'classifier', 8, 3), [b], 3, { reduction: { kind: 'string', value: 'sum' } });
  return m.net('loss');
}

/** Cross-attention with equations, a causal mask by Where. */
export function crossAttention(): Net {
  const m = new Maker('cross-attention', 13);
  const [b, t, s] = [2, 5, 7];
  const x = m.floats('query', [b, t, 6]);
  const memory = m.floats('memory', [b, s, 6]);
  const shaped = (from: string, name: string, length: number): string =>
    m.reshape(m.linear(from, name, 6, 6), b, length, 2, 3);
  const [q, k, v] = [shaped(x, 'q', t), shaped(memory, 'k', s), shaped(memory, 'v', s)];
  const scores = m.node('Einsum', [q, k], { equation: { kind: 'string', value: 'bthd,bshd->bhts' } });
  const scaled = m.node('Mul', [scores, m.constant(1 / Math.sqrt(3))]);
  const allowed = m.constant(
    Array.from({ length: t * s }, (_, i) => (i % s <= Math.floor(i / s) + 2 ? 1 : 0)),
    'float32',
    [t, s],
  );
  const masked = m.node('Where', [m.node('Cast', [allowed], { to: int(9) }), scaled, m.constant(-1e9)]);
  const weights = m.node('Softmax', [masked], { axis: int(3) });
  const mixed = m.node('Einsum', [weights, v], { equation: { kind: 'string', value: 'bhts,bshd->bthd' } });
  const out = m.linear(m.reshape(mixed, b, t, 6), 'o', 6, 6);
  const difference = m.node('Sub', [m.node('Add', [x, out]), m.floats('wanted', [b, t, 6])]);
  m.mean(m.node('Mul', [difference, difference]));
  return m.net('loss');
}

/** The operators of opset 23, each as one node. */
export function modern(): Net {
  const m = new Maker('modern', 23);
  const [b, t, h, d] = [2, 5, 3, 4];
  const x = m.floats('x', [b, t, 12]);
  const normed = m.node('RMSNormalization', [x, m.weight('norm.weight', [12], 0.3, 1)], { epsilon: float(1e-6) });
  const project = (name: string): string => heads(m, m.linear(normed, name, 12, 12), [b, t, h, d] as const);
  const half = (f: (a: number) => number): string =>
    m.constant(
      Array.from({ length: t * 2 }, (_, i) => f(Math.floor(i / 2) * 100 ** (-(i % 2) / 2))),
      'float32',
      [t, 2],
    );
  const [cos, sin] = [half(Math.cos), half(Math.sin)];
  const where = m.constant([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], 'int64', [b, t]);
  const turn = (name: string): string => m.node('RotaryEmbedding', [project(name), cos, sin, where]);
  const mixed = m.node('Attention', [turn('q'), turn('k'), project('v')], { is_causal: int(1) });
  const rows = m.reshape(m.transpose(mixed, 0, 2, 1, 3), b, t, 12);
  const y = m.node('Add', [x, m.linear(rows, 'o', 12, 12)]);
  const hidden = m.node('Gelu', [m.linear(y, 'up', 12, 17)], { approximate: { kind: 'string', value: 'tanh' } });
  m.crossEntropy(m.reshape(m.linear(hidden, 'head', 17, 7), b * t, 7), [b * t], 7);
  return m.net('loss');
}
