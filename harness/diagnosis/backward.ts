import { createOracle } from '../oracle/index.ts';
import { opsetOf } from '../oracle/registry.ts';
import { vjpOperator } from '../oracle/run.ts';
import { fromSource, toTensor } from '../oracle/value.ts';
import { suspects } from '../segment.ts';
import { type Prediction, type Proven, test } from '../stages/7-diagnose.ts';
import { sourceOf } from '../tensor.ts';
import type { GraphNode } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { commonContext, type Session } from './session.ts';

/** Tries every backward rule on every node through which the gradient comes back, for each slot that reads a tensor of the segment. */
export function backwardCauses(session: Session, rules: readonly Rule[]): readonly Proven[] {
  const { wiring, request, tensor, subject, truth, slack } = session;
  const proven: Proven[] = [];
  for (const node of suspects(wiring, request, tensor, 'backward')) {
    for (const [slot, read] of node.inputs.entries()) {
      const inside = read === tensor || (read !== '' && !request.gradients.has(read) && wiring.producer.has(read));
      const context = inside ? contextOf(session, node, slot) : null;
      if (context === null) continue;
      for (const rule of rules) {
        if (rule.backward === undefined || (rule.ops !== undefined && !rule.ops.includes(node.op))) continue;
        for (const hypothesis of rule.backward(context)) {
          const prediction = predict(session, context, hypothesis);
          const found =
            prediction === null ? null : test(prediction, { subject: subject.data, truth: truth.data, slack });
          if (found !== null) proven.push(found);
        }
      }
    }
  }
  return proven;
}

/** What the gradient of the faulty tensor would be, if the node sent this back. Inside a fused segment the rest of the way is right. */
function predict(session: Session, context: BackwardContext, hypothesis: BackwardHypothesis): Prediction | null {
  const { others, part, node, slot } = context;
  if (hypothesis.part.length !== part.data.length) return null;
  const total = others.map((x, i) => x + (hypothesis.part[i] as number));
  const read = node.inputs[slot] as string;
  if (read === session.tensor) return { ...hypothesis, predicted: total, allowed: session.allowed };
  try {
    const cut = sourceOf(toTensor({ ...part, data: total }, 'float64'));
    const gradients = new Map([...session.request.gradients, [read, cut] as const]);
    const oracle = createOracle(session.segment, { ...session.request, gradients });
    return { ...hypothesis, predicted: oracle.gradient(session.tensor).r64.data, allowed: session.allowed };
  } catch {
    return null; // a hypothesis that cannot be computed is no hypothesis
  }
}

function contextOf(session: Session, node: GraphNode, slot: number): BackwardContext | null {
  const { oracle, request, segment, tensor, subject } = session;
  try {
    const common = commonContext(session);
    const opset = opsetOf(node, segment.opset);
    const valueAt = (name: string): Value | undefined => {
      if (name === '') return undefined;
      const recorded = request.values.has(name) ? common.value(name) : null;
      return recorded ?? oracle.value(name).r64;
    };
    const inputs = node.inputs.map(valueAt);
    const outputs = node.outputs.map((name) => (name === '' ? undefined : oracle.value(name).r64));
    const cotangents = node.outputs.map((name) => cotangentOf(session, name));
    const read = node.inputs[slot] as string;
    const total = oracle.gradient(read).r64;
    const parts = vjpOperator(node, opset, { inputs, outputs, cotangents });
    const part = parts?.[slot];
    if (part === undefined) return null;
    const others = total.data.map((x, i) => x - (part.data[i] as number));
    // Left over by subtraction: what is only rounding is nothing.
    const size = Math.max(...[...total.data].map(Math.abs), Number.MIN_VALUE);
    const clean = others.map((x) => (Math.abs(x) <= 1e-12 * size ? 0 : x));
    return {
      ...common,
      node,
      attributes: node.attributes,
      opset,
      slot,
      inputs,
      outputs,
      cotangents,
      part,
      others: clean,
      wanted: read === tensor ? subject.data.map((x, i) => x - (clean[i] as number)) : part.data,
      vjp: (change) =>
        vjpOperator({ ...node, op: change.op ?? node.op, attributes: change.attributes ?? node.attributes }, opset, {
          inputs: change.inputs ?? inputs,
          ...(change.outputs !== undefined
            ? { outputs: change.outputs }
            : change.inputs === undefined
              ? { outputs }
              : {}),
          cotangents: change.cotangents ?? cotangents,
        }),
    };
  } catch {
    return null;
  }
}

/** What flows back into an output: recorded where the subject recorded it. */
function cotangentOf({ request, oracle, wiring }: Session, name: string): Value | undefined {
  if (name === '') return undefined;
  const reached = request.gradients.has(name) || name === request.loss || wiring.consumers.has(name);
  if (!reached) return undefined;
  const recorded = request.gradients.get(name);
  return recorded === undefined ? oracle.gradient(name).r64 : fromSource(recorded);
}
