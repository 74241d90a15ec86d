/** A kernel that a function ran, as one of TensorFlow's nodes: which, and its inputs, attributes and constant inputs by place. */
export interface AsNode {
  readonly op: string;
  /** Inputs of the kernel, by name, in the node's order. */
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Inputs of the node that are attributes of the kernel. */
  readonly numbers?: Readonly<Record<number, readonly number[]>>;
}

type Attrs = Readonly<Record<string, unknown>>;
type Translate = (attrs: Attrs, given: readonly string[]) => AsNode;

/** The kernel as a node; null for one that has none. */
export function asNode(kernel: string, attrs: Attrs, given: readonly string[]): AsNode | null {
  return Object.hasOwn(KERNELS, kernel) ? (KERNELS[kernel] as Translate)(attrs, given) : null;
}

/** Kernels that a traced function may run. */
export const tracedKernels = (): readonly string[] => Object.keys(KERNELS).sort();

const plain =
  (op: string, ...inputs: readonly string[]): Translate =>
  () => ({ op, inputs });

const families = (names: string, ...inputs: readonly string[]): Record<string, Translate> =>
  Object.fromEntries(names.split(' ').map((name) => [name, plain(name, ...inputs)]));

const list = (value: unknown): readonly number[] =>
  value === undefined || value === null ? [] : typeof value === 'number' ? [value] : (value as readonly number[]);
const pair = (value: unknown): readonly number[] => (typeof value === 'number' ? [value, value] : list(value));

/** TensorFlow gives a stride to each of the four axes. */
function four(value: unknown, dataFormat: unknown): readonly number[] {
  const [a, b] = pair(value ?? 1) as [number, number];
  return dataFormat === 'NCHW' ? [1, 1, a, b] : [1, a, b, 1];
}

function window({ strides, pad, dataFormat, dilations, filterSize }: Attrs): Record<string, unknown> {
  const explicit = Array.isArray(pad) ? pad.flat() : typeof pad === 'number' ? [0, 0, pad, pad, pad, pad, 0, 0] : null;
  return {
    strides: four(strides, dataFormat),
    dilations: four(dilations, dataFormat),
    kernelSize: four(filterSize, dataFormat),
    pad: explicit === null ? pad : 'explicit',
    explicitPaddings: explicit ?? [],
    dataFormat: dataFormat ?? 'NHWC',
  };
}

/** What a fused kernel does after its product. */
const fusing = ({ activation, leakyreluAlpha }: Attrs, given: readonly string[]): Record<string, unknown> => ({
  fusedOps: [
    ...(given.includes('bias') ? ['biasadd'] : []),
    ...(activation && activation !== 'linear' ? [activation] : []),
  ],
  leakyreluAlpha: leakyreluAlpha ?? 0.2,
});
const FUSED = ['bias', 'preluActivationWeights'];

const reduced =
  (op: string, field = 'axis'): Translate =>
  (attrs) => ({
    op,
    inputs: ['x', ''],
    numbers: { 1: list(attrs[field]) },
    attributes: { keepDims: attrs['keepDims'] ?? false },
  });

const everyInput =
  (op: string, attributes: (attrs: Attrs) => Record<string, unknown> = () => ({})): Translate =>
  (attrs, given) => ({ op, inputs: given, attributes: attributes(attrs) });

const KERNELS: Readonly<Record<string, Translate>> = {
  ...families('Relu Relu6 Elu Selu Sigmoid Tanh Exp Log Sqrt Rsqrt Square Abs Neg Erf Softplus Sin Cos Identity', 'x'),
  ...families('Add Sub RealDiv Pow Maximum Minimum SquaredDifference', 'a', 'b'),
  Multiply: plain('Mul', 'a', 'b'),
  AddN: everyInput('AddN'),
  LeakyRelu: ({ alpha }) => ({ op: 'LeakyRelu', inputs: ['x'], attributes: { alpha } }),
  Prelu: plain('Prelu', 'x', 'alpha'),
  BatchMatMul: (attributes) => ({ op: 'BatchMatMul', inputs: ['a', 'b'], attributes }),
  _FusedMatMul: (attrs, given) => ({
    op: '_FusedMatMul',
    inputs: ['a', 'b', ...FUSED],
    attributes: { ...attrs, ...fusing(attrs, given) },
  }),
  Conv2D: (attrs) => ({ op: 'Conv2D', inputs: ['x', 'filter'], attributes: window(attrs) }),
  FusedConv2D: (attrs, given) => ({
    op: '_FusedConv2D',
    inputs: ['x', 'filter', ...FUSED],
    attributes: { ...window(attrs), ...fusing(attrs, given) },
  }),
  DepthwiseConv2dNative: (attrs) => ({
    op: 'DepthwiseConv2dNative',
    inputs: ['x', 'filter'],
    attributes: window(attrs),
  }),
  MaxPool: (attrs) => ({ op: 'MaxPool', inputs: ['x'], attributes: window(attrs) }),
  AvgPool: (attrs) => ({ op: 'AvgPool', inputs: ['x'], attributes: window(attrs) }),
  Sum: reduced('Sum'),
  Mean: reduced('Mean'),
  Max: reduced('Max', 'reductionIndices'),
  Min: reduced('Min'),
  Prod: reduced('Prod'),
  Softmax: plain('Softmax', 'logits'),
  LogSoftmax: plain('LogSoftmax', 'logits'),
  Reshape: ({ shape }) => ({ op: 'Reshape', inputs: ['x', ''], numbers: { 1: list(shape) } }),
  Transpose: ({ perm }) => ({ op: 'Transpose', inputs: ['x', ''], numbers: { 1: list(perm) } }),
  ExpandDims: ({ dim }) => ({ op: 'ExpandDims', inputs: ['input', ''], numbers: { 1: list(dim) } }),
  Cast: (attributes) => ({ op: 'Cast', inputs: ['x'], attributes }),
  ClipByValue: ({ clipValueMin, clipValueMax }) => ({
    op: 'ClipByValue',
    inputs: ['x', '', ''],
    numbers: { 1: list(clipValueMin), 2: list(clipValueMax) },
  }),
  OneHot: ({ depth, onValue, offValue }) => ({
    op: 'OneHot',
    inputs: ['indices', '', '', ''],
    numbers: { 1: list(depth), 2: list(onValue), 3: list(offValue) },
  }),
  Concat: ({ axis }, given) => ({ op: 'ConcatV2', inputs: [...given, ''], numbers: { [given.length]: list(axis) } }),
  Pack: everyInput('Pack', ({ axis }) => ({ axis })),
  Slice: ({ begin, size }) => ({ op: 'Slice', inputs: ['x', '', ''], numbers: { 1: list(begin), 2: list(size) } }),
  PadV2: ({ paddings }) => ({ op: 'Pad', inputs: ['x', ''], numbers: { 1: (paddings as number[][]).flat() } }),
  Tile: ({ reps }) => ({ op: 'Tile', inputs: ['x', ''], numbers: { 1: list(reps) } }),
  GatherV2: ({ axis }) => ({ op: 'GatherV2', inputs: ['x', 'indices', ''], numbers: { 2: list(axis) } }),
};
