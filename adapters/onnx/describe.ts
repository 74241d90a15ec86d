import { sizeOf } from '../../harness/shape.ts';
import { BYTES, isFloat } from '../../harness/tensor.ts';
import type { Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { DataType, Shape, TensorSource } from '../../harness/types/tensor.ts';
import type { Model } from './model.ts';
import { subgraphsOf } from './names.ts';
import { originalOf } from './opaque.ts';

/** What a model holds, as plain data. */
export interface ModelDescription {
  readonly name: string;
  readonly producer: string;
  readonly irVersion: number;
  /** Version by domain; ai.onnx by its long name. */
  readonly opset: Readonly<Record<string, number>>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly parameters: ParameterDescription;
  /** How often each operator occurs, most frequent first; nodes of sub-graphs count too. */
  readonly operators: readonly { readonly op: string; readonly count: number }[];
  readonly nodes: readonly NodeDescription[];
}

export interface ParameterDescription {
  /** Float initializers: what training may change. */
  readonly tensors: number;
  readonly elements: number;
  readonly bytes: number;
  /** All initializers. `dtype` is null where it is a type that cannot be read. */
  readonly list: readonly { readonly name: string; readonly dtype: DataType | null; readonly shape: Shape }[];
}

export interface NodeDescription {
  readonly name: string;
  /** With its domain where that is not ai.onnx. */
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Describes a model without reading one weight. */
export function describeModel({ graph, irVersion, producer }: Model): ModelDescription {
  return {
    name: graph.name,
    producer,
    irVersion,
    opset: Object.fromEntries([...graph.opset].map(([domain, version]) => [domain || 'ai.onnx', version])),
    inputs: graph.inputs,
    outputs: graph.outputs,
    parameters: describeParameters(graph.initializers),
    operators: countOperators(graph),
    nodes: graph.nodes.map((node) => ({
      name: node.name,
      op: fullName(node),
      inputs: node.inputs,
      outputs: node.outputs,
    })),
  };
}

function describeParameters(initializers: ReadonlyMap<string, TensorSource>): ParameterDescription {
  const list = [...initializers].map(([name, source]) => ({
    name,
    dtype: originalOf(source) ? null : source.dtype,
    shape: source.shape,
  }));
  let [tensors, elements, bytes] = [0, 0, 0];
  for (const { dtype, shape } of list) {
    if (dtype === null || !isFloat(dtype)) continue;
    tensors++;
    elements += sizeOf(shape);
    bytes += sizeOf(shape) * BYTES[dtype];
  }
  return { tensors, elements, bytes, list };
}

function countOperators(graph: Graph): { op: string; count: number }[] {
  const counts = new Map<string, number>();
  const count = ({ nodes }: Graph): void => {
    for (const node of nodes) {
      counts.set(fullName(node), (counts.get(fullName(node)) ?? 0) + 1);
      subgraphsOf(node).forEach(count);
    }
  };
  count(graph);
  return [...counts]
    .map(([op, times]) => ({ op, count: times }))
    .toSorted((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1));
}

const fullName = (node: GraphNode): string => (node.domain === '' ? node.op : `${node.domain}.${node.op}`);
