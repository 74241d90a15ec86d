import { intAttribute } from '../attributes.ts';
import { isFloat } from '../tensor.ts';
import type { Graph, GraphNode } from '../types/graph.ts';
import type { Operator, OracleRequest, Value } from '../types/oracle.ts';
import type { DataType, TensorSource } from '../types/tensor.ts';
import { keyOf, operatorOf, opsetOf } from './registry.ts';
import { fromSource } from './value.ts';

/** A node, and what the oracle knows of it before it computes anything. */
export interface PlannedNode {
  readonly node: GraphNode;
  readonly operator: Operator | null;
  readonly opset: number;
  /** Names that its sub-graphs (If, Loop, Scan) read from outside. */
  readonly captures: readonly string[];
  /** Every name it reads: inputs, then captures; '' where an input is absent. */
  readonly reads: readonly string[];
}

/** One use of a tensor: `slot` counts in `reads`. */
export interface Use {
  readonly node: number;
  readonly slot: number;
}

/** Who produces and who uses what, and what can be computed at all. Indices are positions in `nodes`, which are in topological order. */
export interface Plan {
  readonly graph: Graph;
  readonly nodes: readonly PlannedNode[];
  readonly producers: ReadonlyMap<string, number>;
  readonly uses: ReadonlyMap<string, readonly Use[]>;
  /** The one float type of the network; null where it has several, or says nothing. */
  readonly float: DataType | null;
  /** Whether a gradient flows from the loss, or a recorded gradient, back into this tensor through its uses. */
  leads(name: string): boolean;
  /** Why the tensor's value cannot be computed, or null. */
  forwardReason(name: string): string | null;
  /** Why the tensor's gradient cannot be computed, or null. */
  backwardReason(name: string): string | null;
}

/** Plans a graph for a request. Linear in the graph; computes no element. */
export function planOf(graph: Graph, request: OracleRequest): Plan {
  const nodes = graph.nodes.map((node) => planned(node, graph.opset));
  const producers = new Map<string, number>();
  const uses = new Map<string, Use[]>();
  for (const [index, { node, reads }] of nodes.entries()) {
    for (const name of node.outputs) if (name !== '') producers.set(name, index);
    for (const [slot, name] of reads.entries()) {
      if (name === '') continue;
      const list = uses.get(name);
      if (list) list.push({ node: index, slot });
      else uses.set(name, [{ node: index, slot }]);
    }
  }
  const forward = forwardReasons(nodes, producers, request);
  // Most plans of the search for causes only go forward.
  let walked: ReturnType<typeof backwardReasons> | null = null;
  const backward = () => (walked ??= backwardReasons(nodes, uses, forward, request));
  return {
    graph,
    nodes,
    producers,
    uses,
    float: floatOf(graph),
    leads: (name) => backward().leads.has(name),
    forwardReason: (name) => forward[producers.get(name) ?? -1] ?? null,
    backwardReason: (name) => backward().reasons.get(name) ?? null,
  };
}

/**
 * What a trace holds, as the network holds it: a subject may record a float32 network's tensors as float64. No digit is lost here;
 * N32 rounds when it stores.
 */
export function recorded({ float }: Plan, source: TensorSource): Value {
  const value = fromSource(source);
  return float !== null && isFloat(value.dtype) ? { ...value, dtype: float } : value;
}

/** Names that a graph reads but does not produce itself. */
export function capturesOf(graph: Graph): string[] {
  const own = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys()]);
  const outside = new Set<string>();
  const read = (name: string) => {
    if (name !== '' && !own.has(name)) outside.add(name);
  };
  for (const node of graph.nodes) {
    for (const name of node.inputs) read(name);
    for (const inner of subgraphsOf(node)) for (const name of capturesOf(inner)) read(name);
    for (const name of node.outputs) own.add(name);
  }
  for (const output of graph.outputs) read(output.name);
  return [...outside];
}

/** Reads the types of inputs, parameters, constants and casts, in sub-graphs too. */
function floatOf(graph: Graph): DataType | null {
  const found = new Set<DataType>();
  const visit = ({ inputs, initializers, nodes }: Graph): void => {
    for (const { dtype } of [...inputs, ...initializers.values()]) if (dtype && isFloat(dtype)) found.add(dtype);
    for (const node of nodes) {
      for (const attribute of Object.values(node.attributes)) {
        if (attribute.kind === 'tensor' && isFloat(attribute.value.dtype)) found.add(attribute.value.dtype);
      }
      const to = node.op === 'Cast' ? FLOATS[intAttribute(node.attributes, 'to', 0)] : undefined;
      if (to) found.add(to);
      for (const inner of subgraphsOf(node)) visit(inner);
    }
  };
  visit(graph);
  const [only] = found;
  return found.size === 1 ? (only ?? null) : null;
}

/** TensorProto.DataType of the floats. */
const FLOATS: Readonly<Record<number, DataType>> = { 1: 'float32', 10: 'float16', 11: 'float64', 16: 'bfloat16' };

function planned(node: GraphNode, opsets: ReadonlyMap<string, number>): PlannedNode {
  const captures = [...new Set(subgraphsOf(node).flatMap(capturesOf))];
  const opset = opsetOf(node, opsets);
  return { node, operator: operatorOf(node), opset, captures, reads: [...node.inputs, ...captures] };
}

function subgraphsOf(node: GraphNode): readonly Graph[] {
  return Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? [attribute.value] : attribute.kind === 'graphs' ? attribute.value : [],
  );
}

/** Why a node cannot be evaluated: itself, or what it reads and nothing recorded stands for. */
function forwardReasons(
  nodes: readonly PlannedNode[],
  producers: ReadonlyMap<string, number>,
  { values }: OracleRequest,
): (string | null)[] {
  const reasons: (string | null)[] = [];
  for (const { node, operator, reads } of nodes) {
    let reason = operator ? unimplementedInside(node) : `${nameOf(node)} is not implemented`;
    for (const name of reads) {
      if (reason) break;
      if (!values.has(name)) reason = reasons[producers.get(name) ?? -1] ?? null;
    }
    reasons.push(reason);
  }
  return reasons;
}

function unimplementedInside(node: GraphNode): string | null {
  for (const graph of subgraphsOf(node)) {
    for (const inner of graph.nodes) {
      const reason = operatorOf(inner) ? unimplementedInside(inner) : `${nameOf(inner)} is not implemented`;
      if (reason) return reason;
    }
  }
  return null;
}

/** Walks from the outputs to the inputs: which tensors a gradient reaches, and what stands in its way. */
function backwardReasons(
  nodes: readonly PlannedNode[],
  uses: ReadonlyMap<string, readonly Use[]>,
  forward: readonly (string | null)[],
  request: OracleRequest,
): { leads: ReadonlySet<string>; reasons: ReadonlyMap<string, string> } {
  const leads = new Set<string>();
  const reasons = new Map<string, string>();
  for (let index = nodes.length - 1; index >= 0; index--) {
    const { node, operator, reads, captures } = nodes[index]!;
    const arriving = node.outputs.filter((o) => request.gradients.has(o) || o === request.loss || leads.has(o));
    if (arriving.length === 0 || operator?.noDerivative !== undefined) continue;
    const computed = arriving.filter((o) => !request.gradients.has(o) && o !== request.loss);
    const reason =
      forward[index] ??
      (operator?.vjp && captures.length === 0 ? null : `${nameOf(node)} has no derivative here`) ??
      computed.map((o) => reasons.get(o)).find((r) => r !== undefined);
    for (const name of reads) {
      leads.add(name);
      if (reason && !reasons.has(name)) reasons.set(name, reason);
    }
  }
  return { leads, reasons };
}

function nameOf(node: GraphNode): string {
  return `the operator ${keyOf(node.domain, node.op)} (node "${node.name}")`;
}
