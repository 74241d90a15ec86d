import { noiseBetween } from '../metrics/difference.ts';
import { createOracle } from '../oracle/index.ts';
import { opsetOf } from '../oracle/registry.ts';
import { suspects } from '../segment.ts';
import { type Prediction, type Proven, test } from '../stages/7-diagnose.ts';
import { sourceOf } from '../tensor.ts';
import { TENSOR_FACTOR } from '../tolerances/calibrated.ts';
import type { Attribute, Graph, GraphNode } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { commonContext, type Session } from './session.ts';

/** A proven forward cause, with the network as it would be with that bug: what follows from it downstream can be computed. */
export interface ProvenEdit extends Proven {
  readonly node: GraphNode;
  readonly edit: Edit;
}

/** Tries every forward rule on every node of the segment; the edited segment is evaluated whole, so fused layers need nothing special. */
export function forwardCauses(session: Session, rules: readonly Rule[]): readonly ProvenEdit[] {
  const { wiring, request, tensor, subject, truth, slack } = session;
  const proven: ProvenEdit[] = [];
  for (const node of suspects(wiring, request, tensor, 'forward')) {
    const context = contextOf(session, node);
    if (context === null) continue;
    for (const rule of rules) {
      if (rule.forward === undefined || (rule.ops !== undefined && !rule.ops.includes(node.op))) continue;
      for (const hypothesis of rule.forward(context)) {
        const prediction = predict(session, node, hypothesis);
        const found =
          prediction === null ? null : test(prediction, { subject: subject.data, truth: truth.data, slack });
        if (found !== null) proven.push({ ...found, node, edit: hypothesis.edit });
      }
    }
  }
  return proven;
}

/** The segment with an edit in the place of one node. */
export function edited(graph: Graph, node: GraphNode, { nodes, constants }: Edit): Graph {
  const added = [...(constants ?? [])].map(([name, tensor]) => [name, sourceOf(tensor)] as const);
  return {
    ...graph,
    nodes: graph.nodes.flatMap((other) => (other === node ? nodes : [other])),
    initializers: new Map([...graph.initializers, ...added]),
  };
}

/** What the faulty tensor would be with the bug, and how far float32 strays there. Null where it cannot be computed. */
function predict(session: Session, node: GraphNode, hypothesis: ForwardHypothesis): Prediction | null {
  try {
    const oracle = createOracle(edited(session.segment, node, hypothesis.edit), session.request);
    const { r64, n32 } = oracle.value(session.tensor);
    const noise = noiseBetween(n32.data, r64.data, null);
    const allowed = Math.max(session.allowed, TENSOR_FACTOR * (Number.isFinite(noise) ? noise : 0));
    // Where float32 overflows and float64 does not, overflow is what was predicted.
    const predicted = r64.data.some((x, i) => Number.isFinite(x) !== Number.isFinite(n32.data[i]))
      ? n32.data
      : r64.data;
    return { ...hypothesis, predicted, allowed };
  } catch {
    return null; // a hypothesis that cannot be computed is no hypothesis
  }
}

function contextOf(session: Session, node: GraphNode): ForwardContext | null {
  const { oracle, request, segment, tensor } = session;
  try {
    const common = commonContext(session);
    const readAt = (name: string): Value | undefined => {
      if (name === '') return undefined;
      const recorded = request.values.has(name) ? common.value(name) : null;
      return recorded ?? oracle.value(name).r64;
    };
    return {
      ...common,
      node,
      attributes: node.attributes,
      opset: opsetOf(node, segment.opset),
      inputs: node.inputs.map(readAt),
      outputs: node.outputs.map((name) => (name === '' ? undefined : oracle.value(name).r64)),
      direct: node.outputs.includes(tensor),
      same: (change) => same(node, change),
      fresh: (hint) => `diagnosis::${hint}`,
    };
  } catch {
    return null;
  }
}

function same(node: GraphNode, { attributes, inputs, op, drop }: Parameters<ForwardContext['same']>[0]): Edit {
  const changed = { ...node.attributes, ...attributes };
  const kept = Object.fromEntries(
    Object.entries(changed).filter((entry): entry is [string, Attribute] => entry[1] !== null),
  );
  const names = node.inputs.map((name, slot) => (drop?.includes(slot) === true ? '' : (inputs?.[slot] ?? name)));
  for (const [slot, name] of Object.entries(inputs ?? {})) names[Number(slot)] = name;
  return { nodes: [{ ...node, op: op ?? node.op, inputs: names, attributes: kept }] };
}
