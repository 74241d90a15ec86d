import { BYTES } from '../../harness/tensor.ts';
import { sizeOf } from '../../harness/shape.ts';
import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import { subgraphsOf } from '../onnx/index.ts';
import type { Place } from './engine.ts';
import { sharesRealm } from './runtime.mjs';
import { inferTypes } from './types.ts';

/** Parameters of more bytes than this make a model large. */
const LARGE = 2 ** 26;
/** Operator sets whose kernels report what they cannot do, as far as ONNX's own tests show; others may abort. */
const KNOWN_DOMAINS = new Set(['', 'ai.onnx.ml']);
const HARMLESS = new Set(['sequence', 'optional', ...Object.keys(BYTES)]);

/** Where a model is run unless the user says it. See {@link Place} for what each costs. */
export function placeFor(graph: Graph): Place {
  if (riskOf(graph) !== null) return 'process';
  return !sharesRealm() || parameterBytes(graph) > LARGE ? 'thread' : 'here';
}

/** Why a model may abort ONNX Runtime, or null: an operator set or an element type that is not known to be safe. */
export function riskOf(graph: Graph): string | null {
  for (const node of allNodes(graph)) {
    if (!KNOWN_DOMAINS.has(node.domain)) return `operator ${node.domain}.${node.op}`;
  }
  for (const [name, type] of inferTypes(graph)) {
    if (type !== null && !HARMLESS.has(type)) return `tensor ${name} of type ${type}`;
  }
  return null;
}

function* allNodes(graph: Graph): Iterable<GraphNode> {
  for (const node of graph.nodes) {
    yield node;
    for (const inner of subgraphsOf(node)) yield* allNodes(inner);
  }
}

function parameterBytes(graph: Graph): number {
  let bytes = 0;
  for (const source of graph.initializers.values()) bytes += sizeOf(source.shape) * 4;
  return bytes;
}
