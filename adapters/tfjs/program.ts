import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import type { TfTensor } from './tensors.ts';

/** A piece of the network that TensorFlow.js computes at once. */
export interface Step {
  /** For errors: the layer or node. */
  readonly label: string;
  /** Operator or class of layer, by which backends are chosen. */
  readonly kind: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** One tensor an output, null for one that nobody can have. Inputs in the order of `inputs`. */
  run(inputs: readonly TfTensor[]): readonly (TfTensor | null)[];
  /** The same by other operators, for where TensorFlow.js has no gradient of its own code. */
  otherwise?(inputs: readonly TfTensor[]): readonly (TfTensor | null)[];
}

/** What one layer of the model is: the nodes that describe it and, where the model computes it otherwise, its own code. */
export interface Part {
  readonly nodes: readonly GraphNode[];
  /** The layer itself: reads and writes what the nodes read from and write for others. */
  readonly own: Step | null;
}

/** A network as TensorFlow.js runs it, and its description in ONNX's operators: the parts' nodes, in order, are the graph's. */
export interface Program {
  readonly graph: Graph;
  readonly parts: readonly Part[];
  /** What the report has to say of it. */
  readonly notes?: readonly string[];
}

/** Names of tensors that exist only inside a part. */
export function interiorOf({ nodes, own }: Part): readonly string[] {
  const shown = new Set(own === null ? [] : own.outputs);
  return own === null ? [] : nodes.flatMap((node) => node.outputs).filter((name) => name !== '' && !shown.has(name));
}

/** The steps in order: each layer by its own code, unless a tensor inside it is asked for or given. */
export function stepsOf(
  { parts }: Program,
  touched: (name: string) => boolean,
  nodeStep: (node: GraphNode) => Step,
): readonly Step[] {
  return parts.flatMap((part) => {
    if (part.own === null || interiorOf(part).some(touched)) return part.nodes.map(nodeStep);
    return [{ ...part.own, otherwise: byNodes(part.own, part.nodes.map(nodeStep)) }];
  });
}

/** What the nodes make of the same inputs. */
const byNodes =
  (own: Step, steps: readonly Step[]): Step['run'] =>
  (inputs) => {
    const values = new Map(own.inputs.map((name, i) => [name, inputs[i] as TfTensor]));
    for (const step of steps) {
      const outputs = step.run(step.inputs.map((name) => values.get(name) as TfTensor));
      for (const [slot, name] of step.outputs.entries()) {
        const output = outputs[slot];
        if (output) values.set(name, output);
      }
    }
    return own.outputs.map((name) => values.get(name) ?? null);
  };
