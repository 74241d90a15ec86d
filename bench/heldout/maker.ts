import { GraphBuilder, type NodeOptions } from '../../adapters/onnx/build.ts';
import { normal, seedOf, uniform } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers } from '../../harness/tensor.ts';
import type { Attribute, Attributes, Graph } from '../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../harness/types/tensor.ts';

/** A network with the inputs of one iteration. */
export interface Net {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** The scalar to differentiate; null where recorded gradients of the outputs start the backward pass. */
  readonly loss: string | null;
}

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) });
export const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
export const text = (value: string): Attribute => ({ kind: 'string', value });
export const texts = (...value: string[]): Attribute => ({ kind: 'strings', value });

/** Builds a network: a builder that also draws its weights and inputs, each from a seed of its own. */
export class Maker {
  readonly b: GraphBuilder;
  readonly #name: string;
  readonly #inputs = new Map<string, Tensor>();
  #count = 0;

  constructor(name: string, opset: number) {
    this.#name = name;
    this.b = new GraphBuilder(name, opset);
  }

  /** A float input of normal numbers. */
  floats(name: string, shape: Shape, scale = 1, mean = 0): string {
    return this.given(name, fromNumbers('float32', shape, draw(name, shape, scale, mean)));
  }

  /** An int64 input of whole numbers below `limit`. */
  tokens(name: string, shape: Shape, limit: number, of?: (i: number) => number): string {
    const next = uniform(seedOf(name, limit));
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => of?.(i) ?? Math.floor(next() * limit));
    return this.given(name, fromNumbers('int64', shape, data));
  }

  given(name: string, tensor: Tensor): string {
    this.#inputs.set(name, tensor);
    return this.b.input(name, tensor.dtype, tensor.shape);
  }

  /** A parameter of normal numbers. */
  weight(name: string, shape: Shape, scale = 1 / Math.sqrt(fanIn(shape)), mean = 0): string {
    return this.b.initializer(name, fromNumbers('float32', shape, draw(name, shape, scale, mean)));
  }

  /** A parameter of positive numbers near 1. */
  positive(name: string, shape: Shape): string {
    const data = draw(name, shape, 0.3, 0).map((x) => Math.exp(x));
    return this.b.initializer(name, fromNumbers('float32', shape, data));
  }

  constant(numbers: number | readonly number[], dtype: 'float32' | 'int64' = 'float32', shape?: Shape): string {
    const list = typeof numbers === 'number' ? [numbers] : numbers;
    const form = shape ?? (typeof numbers === 'number' ? [] : [list.length]);
    return this.b.initializer(`const_${this.#count++}`, fromNumbers(dtype, form, list));
  }

  node(op: string, inputs: readonly string[], attributes: Attributes = {}, options: NodeOptions = {}): string {
    return this.b.node(op, inputs, attributes, options);
  }

  conv(x: string, name: string, shape: Shape, attributes: Attributes = {}): string {
    const [out = 1] = shape;
    return this.node(
      'Conv',
      [x, this.weight(`${name}.weight`, shape), this.weight(`${name}.bias`, [out], 0.3)],
      attributes,
    );
  }

  /** MatMul and Add, as a linear layer on more than two axes is exported. */
  linear(x: string, name: string, from: number, to: number): string {
    const y = this.node('MatMul', [x, this.weight(`${name}.weight`, [from, to], 1 / Math.sqrt(from))]);
    return this.node('Add', [this.weight(`${name}.bias`, [to], 0.3), y]);
  }

  gemm(x: string, name: string, from: number, to: number): string {
    const w = this.weight(`${name}.weight`, [to, from], 1 / Math.sqrt(from));
    return this.node('Gemm', [x, w, this.weight(`${name}.bias`, [to], 0.3)], { transB: int(1) });
  }

  layerNorm(x: string, name: string, size: number, epsilon = 1e-5): string {
    const affine = [this.weight(`${name}.weight`, [size], 0.3, 1), this.weight(`${name}.bias`, [size], 0.3)];
    return this.node('LayerNormalization', [x, ...affine], { axis: int(-1), epsilon: float(epsilon) });
  }

  batchNorm(x: string, name: string, size: number, training = false): string {
    const inputs = [
      x,
      this.weight(`${name}.weight`, [size], 0.3, 1),
      this.weight(`${name}.bias`, [size], 0.3),
      this.weight(`${name}.mean`, [size], 0.3),
      this.positive(`${name}.var`, [size]),
    ];
    if (!training) return this.node('BatchNormalization', inputs, { epsilon: float(1e-5) });
    const attributes = { training_mode: int(1), momentum: float(0.9), epsilon: float(1e-5) };
    return this.b.nodes('BatchNormalization', inputs, attributes, { outputs: 3 })[0] as string;
  }

  reshape(x: string, ...shape: number[]): string {
    return this.node('Reshape', [x, this.constant(shape, 'int64')]);
  }

  transpose(x: string, ...perm: number[]): string {
    return this.node('Transpose', [x], { perm: ints(...perm) });
  }

  /** Mean over all, whichever opset: axes left out. */
  mean(x: string): string {
    return this.node('ReduceMean', [x], { keepdims: int(0) }, { outputNames: ['loss'] });
  }

  crossEntropy(x: string, shape: Shape, classes: number, attributes: Attributes = {}, weight?: string): string {
    const ignored = attributes.ignore_index?.kind === 'int' ? attributes.ignore_index.value : null;
    const next = uniform(seedOf('target', classes));
    const pick = (i: number): number => (ignored !== null && i % 4 === 3 ? ignored : Math.floor(next() * classes));
    const target = this.tokens('target', shape, classes, pick);
    const inputs = weight === undefined ? [x, target] : [x, target, weight];
    return this.node('SoftmaxCrossEntropyLoss', inputs, attributes, { outputNames: ['loss'] });
  }

  /** The finished network; `outputs` besides the loss. */
  net(loss: string | null, ...outputs: string[]): Net {
    for (const name of [...outputs, ...(loss === null ? [] : [loss])]) this.b.output(name, 'float32');
    return { name: this.#name, graph: this.b.graph(), inputs: this.#inputs, loss };
  }
}

function draw(name: string, shape: Shape, scale: number, mean: number): number[] {
  const next = normal(seedOf(name, 7));
  return Array.from({ length: sizeOf(shape) }, () => mean + scale * next());
}

/** Terms of each sum, for a weight of a convolution or of a linear layer that is stored output first. */
const fanIn = (shape: Shape): number => Math.max(1, sizeOf(shape.slice(1)));
