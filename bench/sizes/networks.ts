import { GraphBuilder } from '../../adapters/onnx/index.ts';
import { int, ints } from '../../adapters/onnx/rule.ts';
import { normal, seedOf } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { float32, int64, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Attributes } from '../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { type BenchNet, mobilenet, transformer } from '../gradients/nets.ts';

/** Networks of the sizes that people have, with seeded weights. The graph's loss is `loss`. */
export const NETWORKS: Readonly<Record<string, () => BenchNet>> = {
  resnet50: () => stirred(resnet50()),
  mobilenetv2: () => stirred(mobilenet(1, 224)),
  transformer: () => stirred(transformer(1, 128, 256, 8, 1000, 12)),
  lstm: () => stirred(lstm()),
};

const OPSET = 21;

function drawn(name: string, shape: readonly number[], scale: number): Tensor {
  const draw = normal(seedOf(name, 1));
  return float32(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => scale * draw()),
  );
}

/** Vectors that are all 0 or all 1, as at initialisation, hide bugs in them: they are drawn around it. */
function stirred({ graph, inputs }: BenchNet): BenchNet {
  const initializers = new Map([...graph.initializers].map(([name, source]) => [name, stir(name, source)]));
  return { graph: { ...graph, initializers }, inputs };
}

function stir(name: string, source: TensorSource): TensorSource {
  if (source.dtype !== 'float32' || source.shape.length !== 1) return source;
  const data = toNumbers(source.read());
  if (data.length < 2 || data.some((x) => x !== data[0])) return source;
  const draw = normal(seedOf(name, 2));
  return sourceOf(
    float32(
      source.shape,
      data.map((x) => (name.startsWith('variance') ? x : x + 0.1 * draw())),
    ),
  );
}

/** Four stages of bottleneck blocks, 53 convolutions with batch normalisation in training (He et al. 2015), on one image of 224 × 224. */
function resnet50(size = 224): BenchNet {
  const b = new GraphBuilder('resnet50', OPSET);
  let layers = 0;
  const conv = (x: string, from: number, to: number, kernel: number, stride: number): string => {
    const n = ++layers;
    const pad = (kernel - 1) / 2;
    const w = b.initializer(`w${n}`, drawn(`w${n}`, [to, from, kernel, kernel], Math.sqrt(2 / (from * kernel ** 2))));
    const attributes: Attributes = {
      kernel_shape: ints([kernel, kernel]),
      strides: ints([stride, stride]),
      pads: ints([pad, pad, pad, pad]),
    };
    const y = b.node('Conv', [x, w], attributes, { name: `conv${n}` });
    const vector = (kind: string, value: number): string =>
      b.initializer(`${kind}${n}`, float32([to], new Float64Array(to).fill(value)));
    const parameters = [vector('scale', 1), vector('shift', 0), vector('mean', 0), vector('variance', 1)];
    const options = { outputs: 3, name: `norm${n}` };
    return b.nodes('BatchNormalization', [y, ...parameters], { training_mode: int(1) }, options)[0] as string;
  };
  const relu = (x: string): string => b.node('Relu', [x]);
  b.input('x', 'float32', [1, 3, size, size]);
  b.input('target', 'int64', [1]);
  const window = { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) };
  let x = b.node('MaxPool', [relu(conv('x', 3, 64, 7, 2))], window);
  let from = 64;
  for (const [width, blocks, first] of STAGES) {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 ? first : 1;
      const to = 4 * width;
      const inner = conv(relu(conv(relu(conv(x, from, width, 1, 1)), width, width, 3, stride)), width, to, 1, 1);
      x = relu(b.node('Add', [inner, from === to ? x : conv(x, from, to, 1, stride)]));
      from = to;
    }
  }
  const flat = b.node('Flatten', [b.node('GlobalAveragePool', [x])]);
  classify(b, flat, from, 1000);
  return { graph: b.graph(), inputs: { x: drawn('x', [1, 3, size, size], 1), target: int64([1], [7]) } };
}

const STAGES = [
  [64, 3, 1],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 2],
] as const;

/** Two LSTM layers of 256 units over 48 steps, each state classified. */
function lstm(steps = 48, batch = 2, width = 128, units = 256): BenchNet {
  const b = new GraphBuilder('lstm', OPSET);
  b.input('x', 'float32', [steps, batch, width]);
  b.input('target', 'int64', [steps * batch]);
  const layer = (x: string, from: number, n: number): string => {
    const scale = 1 / Math.sqrt(units);
    const part = (kind: string, shape: readonly number[]): string =>
      b.initializer(`${kind}${n}`, drawn(`${kind}${n}`, shape, scale));
    const weights = [part('w', [1, 4 * units, from]), part('r', [1, 4 * units, units]), part('b', [1, 8 * units])];
    const y = b.nodes('LSTM', [x, ...weights], { hidden_size: int(units) }, { name: `lstm${n}`, outputs: 3 })[0];
    return b.node('Squeeze', [y as string, b.initializer(`axis${n}`, int64([1], [1]))]);
  };
  const last = layer(layer(b.node('Tanh', ['x']), width, 1), units, 2);
  const rows = b.node('Reshape', [last, b.initializer('rows', int64([2], [-1, units]))]);
  classify(b, rows, units, 100);
  const target = int64(
    [steps * batch],
    Array.from({ length: steps * batch }, (_, i) => (i * 7) % 100),
  );
  return { graph: b.graph(), inputs: { x: drawn('x', [steps, batch, width], 1), target } };
}

function classify(b: GraphBuilder, x: string, from: number, classes: number): void {
  const w = b.initializer('fc', drawn('fc', [from, classes], 1 / Math.sqrt(from)));
  const bias = b.initializer('fcb', float32([classes], new Float64Array(classes)));
  const scores = b.node('Gemm', [x, w, bias], {}, { name: 'classifier' });
  b.output(b.node('SoftmaxCrossEntropyLoss', [scores, 'target'], {}, { outputNames: ['loss'] }), 'float32', []);
}
