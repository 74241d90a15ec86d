import { GraphBuilder } from '../../adapters/onnx/index.ts';
import { float, int, ints } from '../../adapters/onnx/rule.ts';
import { normal, seedOf } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { float32, int64 } from '../../harness/tensor.ts';
import type { Attributes, Graph } from '../../harness/types/graph.ts';
import type { Tensor } from '../../harness/types/tensor.ts';

/** A network with seeded weights, and what it is fed. */
export interface BenchNet {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Tensor>>;
}

const OPSET = 21;

/** Standard normal, times a scale. */
function drawn(name: string, shape: readonly number[], scale: number): Tensor {
  const draw = normal(seedOf(name, 1));
  return float32(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => scale * draw()),
  );
}

const labels = (count: number, classes: number): Tensor =>
  int64(
    [count],
    Array.from({ length: count }, (_, i) => (i * 7) % classes),
  );

/** Layers of images: weights are named after their layer. */
function imageLayers(b: GraphBuilder) {
  let layers = 0;
  const weight = (kind: string, shape: readonly number[], scale: number): string => {
    const name = `${kind}${++layers}`;
    return b.initializer(name, drawn(name, shape, scale));
  };
  const constant = (kind: string, channels: number, value: number): string => {
    const name = `${kind}${++layers}`;
    return b.initializer(name, float32([channels], new Float64Array(channels).fill(value)));
  };
  return {
    /** Convolution, without bias, and batch normalisation in training. */
    conv(x: string, from: number, to: number, kernel: number, stride: number, group = 1): string {
      const pad = (kernel - 1) / 2;
      const w = weight('w', [to, from / group, kernel, kernel], Math.sqrt((2 * group) / (from * kernel * kernel)));
      const attributes: Attributes = {
        kernel_shape: ints([kernel, kernel]),
        strides: ints([stride, stride]),
        pads: ints([pad, pad, pad, pad]),
        group: int(group),
      };
      const y = b.node('Conv', [x, w], attributes);
      const [scale, shift] = [constant('scale', to, 1), constant('shift', to, 0)];
      const statistics = [constant('mean', to, 0), constant('variance', to, 1)];
      return b.nodes(
        'BatchNormalization',
        [y, scale, shift, ...statistics],
        { training_mode: int(1) },
        { outputs: 3 },
      )[0] as string;
    },
    relu: (x: string): string => b.node('Relu', [x]),
    relu6: (x: string): string => {
      const [low, high] = [
        b.initializer(`low${++layers}`, float32([], [0])),
        b.initializer(`high${layers}`, float32([], [6])),
      ];
      return b.node('Clip', [x, low, high]);
    },
    /** Mean over the image, one linear layer, cross entropy. */
    classify(x: string, channels: number, classes: number): void {
      const flat = b.node('Flatten', [b.node('GlobalAveragePool', [x])]);
      const w = weight('fc', [channels, classes], 1 / Math.sqrt(channels));
      const scores = b.node('Gemm', [flat, w, constant('fcb', classes, 0)]);
      b.output(b.node('SoftmaxCrossEntropyLoss', [scores, 'target'], {}, { outputNames: ['loss'] }), 'float32', []);
    },
  };
}

/** 17 convolutions in 8 residual blocks, as ResNet-18 (He et al. 2015), on smaller images. */
export function resnet18(batch = 4, size = 112): BenchNet {
  const b = new GraphBuilder('resnet18', OPSET);
  const { conv, relu, classify } = imageLayers(b);
  b.input('x', 'float32', [batch, 3, size, size]);
  b.input('target', 'int64', [batch]);
  const stem = relu(conv('x', 3, 64, 7, 2));
  let x = b.node('MaxPool', [stem], { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) });
  let from = 64;
  for (const [to, first] of [
    [64, 1],
    [128, 2],
    [256, 2],
    [512, 2],
  ] as const) {
    for (const stride of [first, 1]) {
      const inner = conv(relu(conv(x, from, to, 3, stride)), to, to, 3, 1);
      const skip = stride === 1 && from === to ? x : conv(x, from, to, 1, stride);
      x = relu(b.node('Add', [inner, skip]));
      from = to;
    }
  }
  classify(x, 512, 100);
  return { graph: b.graph(), inputs: { x: drawn('x', [batch, 3, size, size], 1), target: labels(batch, 100) } };
}

/** Inverted residual blocks with depthwise convolutions, as MobileNetV2 (Sandler et al. 2018), on smaller images. */
export function mobilenet(batch = 4, size = 112): BenchNet {
  const b = new GraphBuilder('mobilenet', OPSET);
  const { conv, relu6, classify } = imageLayers(b);
  b.input('x', 'float32', [batch, 3, size, size]);
  b.input('target', 'int64', [batch]);
  let x = relu6(conv('x', 3, 32, 3, 2));
  let from = 32;
  const plan = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  for (const [expand, to, count, first] of plan) {
    for (let k = 0; k < count; k++) {
      const [wide, stride] = [from * expand, k === 0 ? first : 1];
      const opened = expand === 1 ? x : relu6(conv(x, from, wide, 1, 1));
      const narrow = conv(relu6(conv(opened, wide, wide, 3, stride, wide)), wide, to, 1, 1);
      x = stride === 1 && from === to ? b.node('Add', [narrow, x]) : narrow;
      from = to;
    }
  }
  classify(relu6(conv(x, 320, 1280, 1, 1)), 1280, 100);
  return { graph: b.graph(), inputs: { x: drawn('x', [batch, 3, size, size], 1), target: labels(batch, 100) } };
}

/** Layers (six) of attention and feed-forward, written out in primitives as exporters do. */
export function transformer(batch = 4, steps = 128, width = 256, heads = 8, vocabulary = 1000, layers = 6): BenchNet {
  const b = new GraphBuilder('transformer', OPSET);
  b.input('tokens', 'int64', [batch, steps]);
  b.input('target', 'int64', [batch, steps]);
  let count = 0;
  const weight = (shape: readonly number[], scale: number): string => {
    const name = `w${++count}`;
    return b.initializer(name, drawn(name, shape, scale));
  };
  const ones = (size: number, value: number): string =>
    b.initializer(`c${++count}`, float32([size], new Float64Array(size).fill(value)));
  const shape = (sizes: readonly number[]): string => b.initializer(`s${++count}`, int64([sizes.length], sizes));
  const linear = (x: string, from: number, to: number): string =>
    b.node('Add', [b.node('MatMul', [x, weight([from, to], 1 / Math.sqrt(from))]), ones(to, 0)]);
  const norm = (x: string): string =>
    b.node('LayerNormalization', [x, ones(width, 1), ones(width, 0)], { axis: int(-1), epsilon: float(1e-5) });
  const split = (x: string, perm: readonly number[]): string =>
    b.node('Transpose', [b.node('Reshape', [x, shape([batch, steps, heads, width / heads])])], { perm: ints(perm) });
  const depth = b.initializer('depth', float32([], [Math.sqrt(width / heads)]));
  const attention = (x: string): string => {
    const [q, k, v] = [
      split(linear(x, width, width), [0, 2, 1, 3]),
      split(linear(x, width, width), [0, 2, 3, 1]),
      split(linear(x, width, width), [0, 2, 1, 3]),
    ];
    const p = b.node('Softmax', [b.node('Div', [b.node('MatMul', [q, k]), depth])], { axis: int(-1) });
    const joined = b.node('Transpose', [b.node('MatMul', [p, v])], { perm: ints([0, 2, 1, 3]) });
    return linear(b.node('Reshape', [joined, shape([batch, steps, width])]), width, width);
  };
  let x = b.node('Gather', [b.initializer('embedding', drawn('embedding', [vocabulary, width], 1)), 'tokens']);
  for (let layer = 0; layer < layers; layer++) {
    x = b.node('Add', [x, attention(norm(x))]);
    x = b.node('Add', [x, linear(b.node('Gelu', [linear(norm(x), width, 4 * width)]), 4 * width, width)]);
  }
  const scores = b.node('Transpose', [linear(norm(x), width, vocabulary)], { perm: ints([0, 2, 1]) });
  b.output(b.node('SoftmaxCrossEntropyLoss', [scores, 'target'], {}, { outputNames: ['loss'] }), 'float32', []);
  const tokens = labels(batch * steps, vocabulary);
  const square = { ...tokens, shape: [batch, steps] };
  return { graph: b.graph(), inputs: { tokens: square, target: square } };
}

/** A chain of nodes: what differentiation itself costs. */
export function chain(nodes: number): BenchNet {
  const b = new GraphBuilder('chain', OPSET);
  let x = b.input('x', 'float32', [2]);
  for (let k = 0; k < nodes / 2; k++) x = b.node('Add', [b.node('Tanh', [x]), 'x']);
  b.output(b.node('ReduceSum', [x], { keepdims: int(0) }, { outputNames: ['loss'] }), 'float32', []);
  return { graph: b.graph(), inputs: { x: float32([2], [0.3, -0.7]) } };
}
