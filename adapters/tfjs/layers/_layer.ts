import type * as Core from '@tensorflow/tfjs-core';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { Attributes, GraphNode } from '../../../harness/types/graph.ts';
import type { Shape, Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import { int64 } from '../../../harness/tensor.ts';
import type { TfTensor } from '../tensors.ts';

/** A weight as tfjs-layers keeps it. Its tensor is looked up at every use, so that another can stand in its place. */
export interface Weight {
  readonly originalName: string;
  val: Core.Variable;
  /** Its class's own, unless another was put over it. */
  write?: (value: unknown) => unknown;
}

/** What is read of a layer of tfjs-layers; each class has fields of its own besides. */
export interface Layer {
  readonly name: string;
  readonly weights: readonly Weight[];
  getClassName(): string;
  getConfig(): Record<string, unknown>;
  apply(inputs: unknown, kwargs?: unknown): TfTensor | readonly TfTensor[];
  readonly [field: string]: unknown;
}

/** Writes the ONNX nodes of one layer. */
export interface Sketchpad {
  readonly layer: Layer;
  /** The layer's name in the graph. */
  readonly name: string;
  /** Names of what the layer reads. */
  readonly inputs: readonly string[];
  /** Shapes of what the layer reads, null where they depend on the batch. */
  readonly shapes: readonly (readonly (number | null)[])[];
  readonly outputShapes: readonly (readonly (number | null)[])[];
  /** Batch statistics instead of running ones. */
  readonly training: boolean;
  /** Adds a node and returns its output. */
  emit(op: string, inputs: readonly string[], attributes?: Attributes): string;
  emitMany(op: string, inputs: readonly string[], outputs: number, attributes?: Attributes): readonly string[];
  /** A weight of the layer by its field (`kernel`), as a parameter of the graph; null where the layer has none. */
  weight(field: string, layer?: Layer): string | null;
  /** Adds a constant. */
  constant(tensor: Tensor): string;
  refuse(what: string): LayerdiffError;
  /** TensorFlow.js computes this layer wrongly: its description is run instead, and the report says why. */
  distrust(why: string): void;
}

/** Writes what a layer computes as ONNX nodes, and returns the name of its output. */
export type Describe = (pad: Sketchpad) => string;
export type Describers = Readonly<Record<string, Describe>>;

/** The graph that the layers are written into. */
export interface Canvas {
  readonly nodes: GraphNode[];
  readonly initializers: Map<string, TensorSource>;
  /** Weight → its name. */
  readonly weights: Map<Weight, string>;
  readonly training: boolean;
  /** Layers that are run by their descriptions, and why. */
  readonly distrusted: Map<string, string>;
}

export function sketchpad(
  canvas: Canvas,
  layer: Layer,
  place: Pick<Sketchpad, 'name' | 'inputs' | 'shapes' | 'outputShapes'>,
): Sketchpad {
  const { name } = place;
  const free = (hint: string): string => {
    const taken = (candidate: string): boolean =>
      canvas.initializers.has(candidate) || canvas.nodes.some((node) => node.outputs.includes(candidate));
    let candidate = `${name}/${hint}`;
    for (let i = 2; taken(candidate); i++) candidate = `${name}/${hint}_${i}`;
    return candidate;
  };
  const emitMany: Sketchpad['emitMany'] = (op, inputs, count, attributes = {}) => {
    const first = free(op);
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? first : `${first}:${i}`));
    canvas.nodes.push({ name: first, op, domain: '', inputs, outputs, attributes });
    return outputs;
  };
  return {
    ...place,
    layer,
    training: canvas.training,
    emitMany,
    emit: (op, inputs, attributes) => emitMany(op, inputs, 1, attributes)[0] as string,
    weight: (field, owner = layer) => parameter(canvas, layer, owner[field] as Weight | null | undefined, name),
    constant(tensor) {
      const output = free('constant');
      const attributes = { value: { kind: 'tensor', value: tensor } } as const;
      canvas.nodes.push({ name: output, op: 'Constant', domain: '', inputs: [], outputs: [output], attributes });
      return output;
    },
    distrust: (why) => void canvas.distrusted.set(name, why),
    refuse: (what) =>
      new LayerdiffError(
        'E_UNSUPPORTED',
        name,
        `${layer.getClassName()} ${what} cannot be described in ONNX's operators`,
        'Give the network without it, or as an ONNX model.',
      ),
  };
}

/** A weight as an initializer: the layer's name and the last part of its own. Shared layers share it. */
function parameter(canvas: Canvas, layer: Layer, weight: Weight | null | undefined, name: string): string | null {
  if (weight === null || weight === undefined) return null;
  const known = canvas.weights.get(weight);
  if (known !== undefined) return known;
  const parts = weight.originalName.split('/');
  const last = parts.at(-1) as string;
  let key = `${name}/${last}`;
  // Bidirectional and stacked layers have several of a kind.
  for (let i = parts.length - 2; canvas.initializers.has(key) && i >= 0; i--)
    key = `${name}/${parts.slice(i).join('/')}`;
  for (let i = 2; canvas.initializers.has(key); i++) key = `${name}/${last}_${i}`;
  canvas.weights.set(weight, key);
  canvas.initializers.set(key, weightSource(weight));
  return key;
}

/** A weight's elements as they are now. */
export function weightSource(weight: Weight): TensorSource {
  const { shape } = weight.val;
  const data = new Float32Array(weight.val.dataSync() as Float32Array);
  const tensor: Tensor = { dtype: 'float32', shape: [...shape], data };
  return { dtype: 'float32', shape: tensor.shape, read: () => tensor };
}

/** int64 vector. */
export const whole = (pad: Sketchpad, values: readonly number[]): string =>
  pad.constant(int64([values.length], values));

/** Scalar float32. */
export const scalar = (pad: Sketchpad, value: number): string =>
  pad.constant({ dtype: 'float32', shape: [], data: Float32Array.of(value) });

export const shapeText = (shape: Shape | readonly (number | null)[]): string =>
  `[${shape.map((d) => d ?? '?').join(', ')}]`;
