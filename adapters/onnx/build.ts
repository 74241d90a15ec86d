import { LayerdiffError } from '../../harness/errors.ts';
import { sourceOf } from '../../harness/tensor.ts';
import type { Attributes, Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { DataType, Tensor, TensorSource } from '../../harness/types/tensor.ts';

export interface NodeOptions {
  /** How many outputs the node has; 1 unless said. */
  readonly outputs?: number;
  /** The node's name; made up from operator and number unless said. */
  readonly name?: string;
  /** Names of the outputs; made up from the node's name unless said. */
  readonly outputNames?: readonly string[];
  readonly domain?: string;
}

/** Builds a small graph from code, node by node. */
export class GraphBuilder {
  readonly #name: string;
  readonly #opset: Map<string, number>;
  readonly #nodes: GraphNode[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #initializers = new Map<string, TensorSource>();
  readonly #taken = new Set<string>();

  /** @param opset version of ai.onnx, or of every operator set by its domain */
  constructor(name: string, opset: number | ReadonlyMap<string, number>) {
    this.#name = name;
    this.#opset = new Map(typeof opset === 'number' ? [['', opset]] : opset);
  }

  /** Adds a graph input and returns its name. */
  input(name: string, dtype: DataType | null, shape: ValueInfo['shape']): string {
    this.#inputs.push({ name: this.#claim(name), dtype, shape });
    return name;
  }

  /** Adds a parameter or constant and returns its name. */
  initializer(name: string, tensor: Tensor | TensorSource): string {
    this.#initializers.set(this.#claim(name), 'read' in tensor ? tensor : sourceOf(tensor));
    return name;
  }

  /** Adds a node with one output, and returns the name of it. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}, options: NodeOptions = {}): string {
    return this.nodes(op, inputs, attributes, options)[0] as string;
  }

  /** Adds a node with several outputs, and returns their names. */
  nodes(op: string, inputs: readonly string[], attributes: Attributes, options: NodeOptions): readonly string[] {
    const name = options.name ?? `${op}_${this.#nodes.length}`;
    const count = options.outputNames?.length ?? options.outputs ?? 1;
    const outputs =
      options.outputNames ?? Array.from({ length: count }, (_, i) => (count === 1 ? `${name}_out` : `${name}_out${i}`));
    for (const output of outputs) if (output !== '') this.#claim(output);
    this.#nodes.push({ name, op, domain: options.domain ?? '', inputs, outputs, attributes });
    return outputs;
  }

  /** Makes a tensor an output of the graph. */
  output(name: string, dtype: DataType | null = null, shape: ValueInfo['shape'] = null): void {
    this.#outputs.push({ name, dtype, shape });
  }

  /** The graph so far. */
  graph(): Graph {
    return {
      name: this.#name,
      nodes: [...this.#nodes],
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      initializers: new Map(this.#initializers),
      opset: new Map(this.#opset),
    };
  }

  #claim(name: string): string {
    if (this.#taken.has(name)) {
      const place = `graph "${this.#name}", tensor "${name}"`;
      throw new LayerdiffError('E_MODEL', place, 'exists already', 'Give each tensor a name of its own.');
    }
    this.#taken.add(name);
    return name;
  }
}
