import { opsetOf } from '../oracle/registry.ts';
import { vjpOperator } from '../oracle/run.ts';
import { fromSource } from '../oracle/value.ts';
import type { GraphNode } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, Use } from '../types/rule.ts';
import { vjpCost } from './budget.ts';
import { commonContext, type Session } from './session.ts';

/** Each of the nodes, with each slot that reads a tensor of the segment. */
export function* contexts(session: Session, nodes: readonly GraphNode[]): Iterable<BackwardContext> {
  const { wiring, request, tensor } = session;
  for (const node of nodes) {
    for (const [slot, read] of node.inputs.entries()) {
      const inside = read === tensor || (read !== '' && !request.gradients.has(read) && wiring.producer.has(read));
      const context = inside ? contextOf(session, node, slot) : null;
      if (context !== null) yield context;
    }
  }
}

function contextOf(session: Session, node: GraphNode, slot: number): BackwardContext | null {
  const { segment, tensor, subject, oracle } = session;
  try {
    const common = commonContext(session);
    const opset = opsetOf(node, segment.opset);
    const ingredients = ingredientsOf(session, node);
    const { inputs, outputs, cotangents } = ingredients;
    const read = node.inputs[slot] as string;
    const total = oracle.gradient(read).r64;
    session.budget.spent += vjpCost(node.op, inputs, outputs);
    const part = vjpOperator(node, opset, ingredients)?.[slot];
    if (part === undefined) return null;
    const others = without(total.data, part.data);
    const direct = read === tensor;
    return {
      ...common,
      node,
      attributes: node.attributes,
      opset,
      slot,
      ...ingredients,
      part,
      others,
      direct,
      wanted: direct ? subject.data.map((x, i) => x - (others[i] as number)) : part.data,
      uses: () => usesOf(session, read),
      vjp: (change) => {
        const op = change.op ?? node.op;
        session.budget.spent += vjpCost(op, change.inputs ?? inputs, change.outputs ?? outputs);
        return vjpOperator({ ...node, op, attributes: change.attributes ?? node.attributes }, opset, {
          inputs: change.inputs ?? inputs,
          ...outputsFor(change, outputs),
          cotangents: change.cotangents ?? cotangents,
        });
      },
    };
  } catch {
    return null;
  }
}

/** Other inputs, attributes or another operator make other outputs, unless the change says which. */
function outputsFor(
  change: Parameters<BackwardContext['vjp']>[0],
  outputs: BackwardContext['outputs'],
): { outputs?: BackwardContext['outputs'] } {
  if (change.outputs !== undefined) return { outputs: change.outputs };
  const same = change.inputs === undefined && change.attributes === undefined && change.op === undefined;
  return same ? { outputs } : {};
}

/** What is left over by subtraction: what is only rounding is nothing. */
function without(total: Float64Array, part: Float64Array): Float64Array {
  let size = Number.MIN_VALUE;
  for (const x of total) size = Math.max(size, Math.abs(x));
  return total.map((x, i) => {
    const rest = x - (part[i] as number);
    return Math.abs(rest) <= 1e-12 * size ? 0 : rest;
  });
}

interface Ingredients {
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  readonly cotangents: readonly (Value | undefined)[];
}

function ingredientsOf(session: Session, node: GraphNode): Ingredients {
  const { request, oracle } = session;
  const valueAt = (name: string): Value | undefined => {
    if (name === '') return undefined;
    const recorded = request.values.get(name);
    return recorded === undefined ? oracle.value(name).r64 : fromSource(recorded);
  };
  return {
    inputs: node.inputs.map(valueAt),
    // A layer reads its own outputs as it computed them; a random mask is what was recorded.
    outputs: node.outputs.map((name, i) => (i > 0 ? valueAt(name) : outputAt(session, name))),
    cotangents: node.outputs.map((name) => cotangentOf(session, name)),
  };
}

/** What the right layer computes there or, where it cannot be computed (a random mask), what was recorded. */
function outputAt({ oracle, request }: Session, name: string): Value | undefined {
  if (name === '') return undefined;
  const recorded = request.values.get(name);
  try {
    return oracle.value(name).r64;
  } catch (error) {
    if (recorded === undefined) throw error;
    return fromSource(recorded);
  }
}

function usesOf(session: Session, read: string): readonly Use[] | null {
  const { wiring, segment } = session;
  const uses: Use[] = [];
  for (const node of wiring.consumers.get(read) ?? []) {
    const slots = node.inputs.flatMap((name, slot) => (name === read ? [slot] : []));
    try {
      const parts = vjpOperator(node, opsetOf(node, segment.opset), ingredientsOf(session, node));
      for (const slot of slots) {
        const part = parts?.[slot];
        if (part !== undefined) uses.push({ node, slot, part: part.data });
      }
    } catch {
      return null;
    }
  }
  return uses;
}

/** What flows back into an output: recorded where the subject recorded it. */
function cotangentOf({ request, oracle, wiring }: Session, name: string): Value | undefined {
  if (name === '') return undefined;
  const reached = request.gradients.has(name) || name === request.loss || wiring.consumers.has(name);
  if (!reached) return undefined;
  const recorded = request.gradients.get(name);
  return recorded === undefined ? oracle.gradient(name).r64 : fromSource(recorded);
}
