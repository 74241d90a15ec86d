/** Batch, steps, width, heads, classes of the transformer. */
export const [B, T, D, HEADS, CLASSES] = [2, 5, 6, 2, 4];
const H = D / HEADS;

const whole = (...of) => ({ dtype: 'int64', shape: [of.length], data: BigInt64Array.from(of, BigInt) });
const scalar = (x) => ({ dtype: 'float32', shape: [], data: Float32Array.of(x) });
const below = Float32Array.from({ length: T * T }, (_, i) =>
  i % T > Math.floor(i / T) ? Number.NEGATIVE_INFINITY : 0,
);

/** What PyTorch's modules of these names compute … */
export const PYTORCH = { epsilon: 1e-5, scale: 1 / Math.sqrt(H), relu: { type: 'Relu' } };
/** … and what js-pytorch's source says instead. */
export const WRITTEN = { epsilon: 0, scale: 1 / H ** 2, relu: { type: 'LeakyRelu', attributes: { alpha: 1e-3 } } };

export const norm = (epsilon) => ({ type: 'LayerNormalization', attributes: { epsilon } });
export const cube = { type: 'Pow', inputs: ['fc1', scalar(3)] };
/** x W + b */
export const linear = (name, x) => [
  { type: 'MatMul', inputs: [x, `${name}.w`] },
  { type: 'Add', inputs: ['step 1', `${name}.b`] },
];
export const crossEntropy = [
  { type: 'Reshape', inputs: ['logits', whole(-1, CLASSES)] },
  { type: 'SoftmaxCrossEntropyLoss', inputs: ['step 1', 'target'] },
];

/** Causal self-attention with several heads (Vaswani et al. 2017), as torch.nn.MultiheadAttention computes it where the scale is 1 / √H. */
export function attention(x, name, scale) {
  const projected = (n, perm) => [
    { type: 'MatMul', inputs: [x, `${name}.w${n}`], outputs: [`${n}1`] },
    { type: 'Add', inputs: [`${n}1`, `${name}.b${n}`], outputs: [`${n}2`] },
    { type: 'Reshape', inputs: [`${n}2`, whole(B, T, HEADS, H)], outputs: [`${n}3`] },
    { type: 'Transpose', inputs: [`${n}3`], attributes: { perm }, outputs: [`${n}4`] },
  ];
  return [
    ...projected('q', [0, 2, 1, 3]),
    ...projected('k', [0, 2, 3, 1]),
    ...projected('v', [0, 2, 1, 3]),
    { type: 'MatMul', inputs: ['q4', 'k4'], outputs: ['scores'] },
    { type: 'Mul', inputs: ['scores', scalar(scale)], outputs: ['scaled'] },
    { type: 'Add', inputs: ['scaled', { dtype: 'float32', shape: [T, T], data: below }], outputs: ['masked'] },
    { type: 'Softmax', inputs: ['masked'], attributes: { axis: -1 }, outputs: ['weights'] },
    { type: 'MatMul', inputs: ['weights', 'v4'], outputs: ['mixed'] },
    { type: 'Transpose', inputs: ['mixed'], attributes: { perm: [0, 2, 1, 3] }, outputs: ['turned'] },
    { type: 'Reshape', inputs: ['turned', whole(B, T, D)], outputs: ['joined'] },
    { type: 'MatMul', inputs: ['joined', `${name}.wo`], outputs: ['projected'] },
    { type: 'Add', inputs: ['projected', `${name}.bo`], outputs: [name] },
  ];
}
