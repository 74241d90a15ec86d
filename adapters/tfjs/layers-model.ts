import type { Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { DataType } from '../../harness/types/tensor.ts';
import { WORKING_OPSET } from '../onnx/rule.ts';
import { type Canvas, type Layer, sketchpad, type Weight } from './layers/_layer.ts';
import { describerOf } from './layers/index.ts';
import type { Tfjs } from './load.ts';
import { addLoss, type LossChoice } from './loss.ts';
import type { Part, Program, Step } from './program.ts';
import type { TfTensor } from './tensors.ts';

/** A tensor between layers. */
export interface Symbolic {
  readonly id: number;
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
}

/** One use of a layer. */
interface Use {
  readonly outboundLayer: Layer;
  readonly inputTensors: readonly Symbolic[];
  readonly outputTensors: readonly Symbolic[];
  readonly callArgs: Record<string, unknown> | null;
}

/** A network of layers, itself a layer. */
export interface Container extends Layer {
  readonly inputs: readonly Symbolic[];
  readonly outputs: readonly Symbolic[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly nodesByDepth: Readonly<Record<string, readonly Use[]>>;
}

/** How a LayersModel is to be taken. */
export interface LayersOptions {
  /** Batch normalisation with the batch's own statistics, as in training (default: false). */
  readonly training?: boolean;
  readonly loss?: LossChoice;
}

/** A sequential model holds its network inside, once it is built. */
export function containerOf(model: unknown): Container {
  const sequential = model as { getClassName?(): string; model?: Container; built?: boolean; build?(): void };
  const isOpen = !sequential.model || sequential.built === false; // a layer was added since
  if (sequential.getClassName?.() === 'Sequential' && isOpen) sequential.build?.();
  return (sequential.model ?? model) as Container;
}

/**
 * A LayersModel as a program: every layer by its own code, and described in ONNX's operators. Tensors are called as their layers, parameters
 * `LAYER/kernel` and so on; all in TensorFlow.js's layout.
 * @throws E_UNSUPPORTED naming a layer that has no description
 */
export function layersProgram(tfjs: Tfjs, model: unknown, name: string, options: LayersOptions): Program {
  const container = containerOf(model);
  const canvas: Canvas = {
    nodes: [],
    initializers: new Map(),
    weights: new Map(),
    training: options.training === true,
    distrusted: new Map(),
  };
  const parts: Part[] = [];
  const inputs = container.inputs.map((tensor, i) => inputOf(tensor, container.inputNames[i] as string));
  const names = walk(
    container,
    '',
    inputs.map((input) => input.name),
    canvas,
    parts,
  );
  const outputs: ValueInfo[] = names.map((output, i) => ({
    name: output,
    dtype: 'float32',
    shape: container.outputs[i]?.shape ?? null,
  }));
  const loss = addLoss(tfjs, model, outputs, options.loss, canvas, parts);
  return programOf(name, canvas, parts, {
    inputs: [...inputs, ...loss.inputs],
    outputs: [...loss.outputs, ...outputs],
  });
}

/** The program of these parts: their descriptions are its graph. */
export function programOf(
  name: string,
  canvas: Canvas,
  parts: readonly Part[],
  ends: Pick<Graph, 'inputs' | 'outputs'>,
): Program {
  const nodes = parts.flatMap((part) => part.nodes);
  const graph: Graph = {
    name,
    nodes,
    ...ends,
    initializers: canvas.initializers,
    opset: new Map([['', WORKING_OPSET]]),
  };
  return { graph, parts, notes: distrustedNotes(canvas) };
}

/** What the report says of layers that are not run by their own code. */
export const distrustedNotes = ({ distrusted }: Canvas): readonly string[] =>
  [...distrusted].map(([layer, why]) => `${layer} was run by other operators: ${why}`);

function inputOf({ dtype, shape }: Symbolic, name: string): ValueInfo {
  const types: Record<string, DataType> = { int32: 'int32', bool: 'bool' };
  return { name, dtype: types[dtype] ?? 'float32', shape };
}

/** Writes the layers in order of execution; a network inside a network is written out. Returns the names of its outputs. */
function walk(
  container: Container,
  scope: string,
  inputs: readonly string[],
  canvas: Canvas,
  parts: Part[],
): readonly string[] {
  const names = new Map(container.inputs.map(({ id }, i) => [id, inputs[i] as string]));
  const times = new Map<Layer, number>();
  const depths = Object.keys(container.nodesByDepth).map(Number);
  for (const depth of depths.toSorted((a, b) => b - a)) {
    for (const use of container.nodesByDepth[depth] ?? []) {
      const { outboundLayer: layer, inputTensors, outputTensors } = use;
      if (layer.getClassName() === 'InputLayer') continue;
      const time = (times.get(layer) ?? 0) + 1;
      times.set(layer, time);
      const name = `${scope}${layer.name}${time > 1 ? `_${time}` : ''}`;
      const read = inputTensors.map(({ id }) => names.get(id) as string);
      const written = isContainer(layer)
        ? walk(containerOf(layer), `${name}/`, read, canvas, parts)
        : [addLayer(use, name, read, canvas, parts)];
      for (const [i, { id }] of outputTensors.entries()) names.set(id, written[i] ?? (written[0] as string));
    }
  }
  return container.outputs.map(({ id }) => names.get(id) as string);
}

const isContainer = (layer: Layer): boolean => containerOf(layer).nodesByDepth !== undefined;

function addLayer(use: Use, name: string, inputs: readonly string[], canvas: Canvas, parts: Part[]): string {
  const layer = use.outboundLayer;
  const from = canvas.nodes.length;
  const pad = sketchpad(canvas, layer, {
    name,
    inputs,
    shapes: use.inputTensors.map(({ shape }) => shape),
    outputShapes: use.outputTensors.map(({ shape }) => shape),
  });
  const result = describerOf(pad)(pad);
  if (inputs.includes(result)) pad.emit('Identity', [result]);
  const partOf = { name, kind: layer.getClassName() };
  const nodes = renamed(canvas.nodes.splice(from), result, name).map((node) => ({ ...node, partOf }));
  canvas.nodes.push(...nodes);
  parts.push({ nodes, own: canvas.distrusted.has(name) ? null : ownStep(use, name, inputs, canvas) });
  return name;
}

/** The layer's output has the layer's name, and so has the node that makes it. */
function renamed(nodes: readonly GraphNode[], output: string, name: string): readonly GraphNode[] {
  const made = nodes.some((node) => node.outputs[0] === output) ? output : nodes.at(-1)?.outputs[0];
  return named(nodes, made as string, name);
}

/** The nodes with another name for a tensor, and for the node that makes it first. */
export function named(nodes: readonly GraphNode[], tensor: string, name: string): readonly GraphNode[] {
  const rename = (each: string): string => (each === tensor ? name : each);
  return nodes.map((node) => ({
    ...node,
    name: node.outputs[0] === tensor ? name : node.name,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
}

/** The layer's own code, on given tensors in the place of its inputs and weights. */
function ownStep(use: Use, name: string, inputs: readonly string[], { weights, training }: Canvas): Step {
  const layer = use.outboundLayer;
  const read = [...new Set(inputs)];
  const own = layer.weights.flatMap((weight) => {
    const known = weights.get(weight);
    return known === undefined ? [] : [{ weight, known }];
  });
  const all = [...read, ...own.map(({ known }) => known)];
  return {
    label: name,
    kind: layer.getClassName(),
    inputs: all,
    outputs: [name],
    run(tensors) {
      const given = inputs.map((input) => tensors[read.indexOf(input)] as TfTensor);
      const values = own.map(({ weight }, i) => ({ weight, value: tensors[read.length + i] as TfTensor }));
      const output = withWeights(values, () =>
        layer.apply(given.length === 1 ? given[0] : given, { ...use.callArgs, training }),
      );
      return [Array.isArray(output) ? (output[0] as TfTensor) : (output as TfTensor)];
    },
  };
}

/** Runs `f` while the weights are other tensors than the layer's own: they are on the tape, and may be recorded ones. */
function withWeights<T>(values: readonly { weight: Weight; value: TfTensor }[], f: () => T): T {
  const before = values.map(({ weight }) => weight.val);
  try {
    for (const { weight, value } of values) {
      weight.val = value as never;
      // Running statistics that a layer would update stay as they are.
      weight.write = () => weight;
    }
    return f();
  } finally {
    for (const [i, { weight }] of values.entries()) {
      weight.val = before[i] as never;
      delete weight.write;
    }
  }
}
