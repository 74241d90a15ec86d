import { LayerdiffError } from '../../harness/errors.ts';
import type { GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { DataType } from '../../harness/types/tensor.ts';
import {
  type Executor,
  type ModelNode,
  type NodeDescribers,
  type NodePad,
  reference,
  tensorName,
} from './graph/_node.ts';
import { plainNodes } from './graph/plain.ts';
import { spatialNodes } from './graph/spatial.ts';
import { type Canvas, type Layer, sketchpad, weightSource } from './layers/_layer.ts';
import { named, programOf } from './layers-model.ts';
import type { Tfjs } from './load.ts';
import { addLoss, type LossChoice } from './loss.ts';
import type { Part, Program, Step } from './program.ts';
import { fromTf, type TfTensor } from './tensors.ts';

/** What describes a node, by TensorFlow's name of its operator. */
export const DESCRIBERS: NodeDescribers = { ...plainNodes, ...spatialNodes };

/** TensorFlow operators of graph models that can be described. */
export const describedNodes = (): readonly string[] => ['Const', 'Placeholder', ...Object.keys(DESCRIBERS)].sort();

/**
 * A GraphModel as a program: every node by tfjs-converter's own executor, fed with what it reads, and described in ONNX's operators. Tensors and
 * parameters (`Const` nodes of floats) are called as their nodes.
 * @throws E_UNSUPPORTED naming a node that has no description
 */
export function graphProgram(tfjs: Tfjs, model: object, name: string, options: { loss?: LossChoice }): Program {
  const { executor } = model as { executor: Executor };
  const canvas: Canvas = {
    nodes: [],
    initializers: new Map(),
    weights: new Map(),
    training: false,
    distrusted: new Map(),
  };
  const parts: Part[] = [];
  const inputs: ValueInfo[] = [];
  for (const node of inOrder(executor)) {
    if (node.op === 'Const') continue;
    if (node.op.startsWith('Placeholder')) inputs.push(inputOf(node));
    else parts.push(nodePart(executor, node, canvas));
  }
  const outputs: ValueInfo[] = executor.graph.outputs.map((node) => ({
    name: node.name,
    dtype: 'float32',
    shape: null,
  }));
  const loss = addLoss(tfjs, model, outputs, options.loss ?? null, canvas, parts);
  return programOf(name, canvas, parts, {
    inputs: [...inputs, ...loss.inputs],
    outputs: [...loss.outputs, ...outputs],
  });
}

function inputOf({ name, attrParams }: ModelNode): ValueInfo {
  const types: Record<string, DataType> = { int32: 'int32', bool: 'bool' };
  const shape = attrParams['shape']?.value as readonly number[] | undefined;
  const dtype = types[String(attrParams['dtype']?.value)] ?? 'float32';
  return { name, dtype, shape: shape?.map((d) => (d < 0 ? null : d)) ?? null };
}

/** Nodes that lead to an output, each after what it reads. */
function inOrder({ graph }: Executor): readonly ModelNode[] {
  const order: ModelNode[] = [];
  const seen = new Set<string>();
  const open = graph.outputs.map(({ name }) => ({ name, done: false })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = graph.nodes[next.name] as ModelNode;
    if (next.done) order.push(node);
    if (next.done || seen.has(next.name)) continue;
    seen.add(next.name);
    open.push({ name: next.name, done: true });
    for (const input of node.inputNames) open.push({ name: reference(input).node, done: false });
  }
  // An input that leads nowhere is an input all the same.
  return [...graph.inputs.filter(({ name }) => !seen.has(name)), ...order];
}

function nodePart(executor: Executor, node: ModelNode, canvas: Canvas): Part {
  const describe = Object.hasOwn(DESCRIBERS, node.op) ? DESCRIBERS[node.op] : undefined;
  if (describe === undefined) {
    const remedy = `Supported are: ${describedNodes().join(', ')}.`;
    throw new LayerdiffError('E_UNSUPPORTED', node.name, `nodes of type ${node.op} have no description`, remedy);
  }
  const from = canvas.nodes.length;
  const pad = nodePad(executor, node, canvas);
  const described = describe(pad);
  const results = typeof described === 'string' ? [described] : described;
  const written = canvas.nodes.splice(from);
  const outputs = results.map((_, i) => tensorName(i === 0 ? node.name : `${node.name}:${i}`));
  const partOf = { name: node.name, kind: node.op };
  const nodes = results
    .reduce<readonly GraphNode[]>((all, result, i) => named(all, result, outputs[i] as string), written)
    .map((each) => ({ ...each, partOf }));
  canvas.nodes.push(...nodes);
  return { nodes, own: canvas.distrusted.has(node.name) ? null : ownStep(executor, node, nodes, outputs) };
}

function nodePad(executor: Executor, node: ModelNode, canvas: Canvas): NodePad {
  const data = node.inputNames.filter((input) => !input.startsWith('^'));
  const constant = (input: string) => executor.weightMap[reference(input).node]?.[reference(input).index];
  const slotOf = (slot: number): string => data[slot < 0 ? data.length + slot : slot] as string;
  const stand = { name: node.name, weights: [], getClassName: () => node.op } as unknown as Layer;
  const pad = sketchpad(canvas, stand, {
    name: node.name,
    inputs: data.map(tensorName),
    shapes: data.map((input) => constant(input)?.shape ?? []),
    outputShapes: [],
  });
  const input = (slot: number): string => parameter(executor, slotOf(slot), canvas);
  return {
    ...pad,
    node,
    input,
    /** Constants become parameters as they are read. */
    get inputs() {
      return data.map((_, slot) => (isNumber(constant(slotOf(slot))) ? input(slot) : tensorName(slotOf(slot))));
    },
    attribute: <T>(name: string, otherwise: T) => (node.attrParams[name]?.value as T | undefined) ?? otherwise,
    numbers(slot) {
      const tensor = constant(slotOf(slot));
      if (tensor === undefined) throw pad.refuse(`whose input ${slot + 1} is computed, and not a constant,`);
      return Array.from(tensor.dataSync());
    },
  };
}

const isNumber = (tensor: TfTensor | undefined): boolean => tensor?.dtype === 'float32';

/** A constant as a parameter of the graph; anything else is what a node makes. */
function parameter({ weightMap }: Executor, input: string, canvas: Canvas): string {
  const { node, index } = reference(input);
  const tensor = weightMap[node]?.[index];
  const name = tensorName(input);
  if (tensor === undefined || canvas.initializers.has(name)) return name;
  const whole = tensor.dtype === 'float32' ? null : fromTf(tensor, 'int32');
  const source =
    whole === null ? weightSource({ originalName: name, val: tensor as never }) : { ...whole, read: () => whole };
  canvas.initializers.set(name, source);
  return name;
}

/** The node by the converter's executor. Null where two of its inputs are outputs of one node, which cannot both be fed. */
function ownStep(executor: Executor, node: ModelNode, nodes: Part['nodes'], outputs: readonly string[]): Step | null {
  const made = new Set(nodes.flatMap((each) => each.outputs));
  const read = [...new Set(nodes.flatMap((each) => each.inputs))].filter((name) => name !== '' && !made.has(name));
  const feeds = read.map((name) => reference(name).node);
  if (new Set(feeds).size < feeds.length) return null;
  return {
    label: node.name,
    kind: node.op,
    inputs: read,
    outputs,
    run(tensors) {
      const { weightMap } = executor;
      const given = read.map((name, i) => [name, tensors[i] as TfTensor] as const);
      const before = given.flatMap(([name]) => (weightMap[name] ? [[name, weightMap[name]] as const] : []));
      const fed = Object.fromEntries(given.filter(([name]) => weightMap[name] === undefined));
      try {
        for (const [name, tensor] of given) if (weightMap[name]) weightMap[name] = [tensor];
        return executor.execute(fed, outputs);
      } finally {
        for (const [name, tensor] of before) weightMap[name] = tensor;
      }
    },
  };
}
