import { isLayerdiffError, LayerdiffError } from '../../harness/errors.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers, isFloat } from '../../harness/tensor.ts';
import type { Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import { assembleBackward, type Differentiated, freePrefix } from './backward-graph.ts';
import { createDraft } from './emitter.ts';
import type { Draft } from './emitter.ts';
import { createRuleContext } from './gradient-context.ts';
import { findRule, supportedOperators } from './gradient-rules.ts';
import { type LiftedGraph, withHelpers } from './lifting.ts';
import { readsOf } from './names.ts';
import type { Concrete, Emitter } from './rule.ts';

/** What to differentiate, and for what. Names are tensor names of the graph; of a cut tensor t, `t` or its alias. */
export interface DifferentiateOptions {
  /** The scalar whose gradient is 1, unless `seeds` says otherwise. */
  readonly loss: string | null;
  /** Tensor → name of the backward-graph input that holds its recorded gradient. */
  readonly seeds: ReadonlyMap<string, string>;
  /** Tensors whose total gradient is wanted. */
  readonly wants: readonly string[];
  /** Graph inputs that stand for a cut tensor (`cut::t` → `t`). */
  readonly aliases: ReadonlyMap<string, string>;
  /** True: a gradient that cannot be had refuses itself and those behind it, not the whole request: see {@link Backward.refused}. */
  readonly partial?: boolean;
}

/** The backward graph and how to read its outputs. */
export interface Backward {
  /** Backward nodes only, at {@link WORKING_OPSET}; its inputs are the forward values it reads, and the seeds. */
  readonly graph: Graph;
  /** Wanted tensor → output of the backward graph that holds its total gradient. */
  readonly gradients: ReadonlyMap<string, string>;
  /** Wanted, but nothing leads from it to the loss or a seed: its gradient is zero. */
  readonly zero: readonly string[];
  /** Nodes without a derivative at which a gradient arrived and went no further. */
  readonly stopped: readonly string[];
  /** Wanted, but a part of it would have to pass an operator that cannot be differentiated: why. Empty unless `partial`. */
  readonly refused: ReadonlyMap<string, LayerdiffError>;
}

/**
 * Reverse-mode differentiation of a graph: one walk from the last node to the first.
 *
 * The gradient of t is the sum over all uses of t. Where t is seeded, what arrives from its uses is the answer for t, and what
 * flows on into its producer is the seed; a tensor without seed passes on what arrived. Integers, booleans and strings have none.
 *
 * @throws LayerdiffError E_NO_GRADIENT where a gradient would have to pass an operator for which there is no rule, and
 *   E_UNSUPPORTED where its form has none (neither with `partial`); E_LOSS where the loss is not one float number
 */
export function differentiate(graph: Graph, run: Concrete, options: DifferentiateOptions): Backward {
  const concrete = withHelpers(graph, run);
  const original = (name: string): string => options.aliases.get(name) ?? name;
  const plan: Plan = {
    graph,
    concrete,
    options,
    original,
    seeds: options.seeds,
    needed: findNeeded(graph, concrete, options, original),
  };
  const draft = createDraft(freePrefix(graph));
  const sums = draft.scope();
  const walk: Walk = { arrived: new Map(), sums, draft, stopped: [], refused: new Map() };
  startAtLoss(plan, sums, walk.arrived);
  for (let k = graph.nodes.length - 1; k >= 0; k--) step(graph.nodes[k] as GraphNode, plan, walk);
  return finish(plan, walk);
}

/** What has been found on the way from the last node to here. */
interface Walk {
  /** Tensor → contributions of its uses so far. */
  readonly arrived: Map<string, string[]>;
  readonly sums: Emitter;
  readonly draft: Draft;
  readonly stopped: string[];
  /** Tensors of whose gradient some part cannot be had: why. */
  readonly refused: Map<string, LayerdiffError>;
}

function step(node: GraphNode, plan: Plan, walk: Walk): void {
  const { seeds } = plan;
  const behind = node.outputs.find((output) => !seeds.has(output) && walk.refused.has(output));
  const cotangents = node.outputs.map((output) => cotangentOf(output, plan, walk.arrived, walk.sums));
  if (behind === undefined && cotangents.every((cotangent) => cotangent === undefined)) return;
  if (!readsNeeded(node, plan)) return;
  if (behind !== undefined) return refuse(node, plan, walk, walk.refused.get(behind) as LayerdiffError);
  try {
    if (!backpropagate(node, cotangents, plan, walk)) walk.stopped.push(node.name);
  } catch (error) {
    const refusal = isLayerdiffError(error) && (error.code === 'E_NO_GRADIENT' || error.code === 'E_UNSUPPORTED');
    if (plan.options.partial !== true || !refusal) throw error;
    refuse(node, plan, walk, error);
  }
}

/** Nothing of what the node reads has a whole gradient any more; the first reason stays. */
function refuse(node: GraphNode, plan: Plan, { refused }: Walk, reason: LayerdiffError): void {
  if (isStop(node)) return;
  for (const name of readsOf(node).map(plan.original)) {
    if (plan.needed.has(name) && !refused.has(name)) refused.set(name, reason);
  }
}

/** An operator without derivative: whatever arrives, nothing goes on. */
function isStop(node: GraphNode): boolean {
  const rule = findRule(node.domain, node.op);
  return rule !== undefined && 'noGradient' in rule;
}

interface Plan extends Differentiated {
  readonly options: DifferentiateOptions;
  /** Tensors whose gradient is wanted, or has to pass through on its way to a wanted one. */
  readonly needed: ReadonlySet<string>;
}

/** Forward from what is wanted, as far as seeds let it: beyond a seeded tensor nothing more is asked. */
function findNeeded(
  graph: Graph,
  concrete: Concrete,
  options: DifferentiateOptions,
  original: (name: string) => string,
): Set<string> {
  const needed = new Set(options.wants.map(original).filter((name) => isFloat(concrete.dtype(name))));
  for (const node of graph.nodes) {
    if (!readsOf(node).some((name) => needed.has(original(name)))) continue;
    for (const output of node.outputs) {
      if (output === '' || options.seeds.has(output)) continue;
      if (mayHaveGradient(concrete, output)) needed.add(output);
    }
  }
  return needed;
}

/** A sequence of tensors has no type of its own: it counts as floats, so that an operator on the path is named, not passed over. */
function mayHaveGradient(concrete: Concrete, name: string): boolean {
  try {
    return isFloat(concrete.dtype(name));
  } catch (error) {
    if (isLayerdiffError(error) && error.code === 'E_UNSUPPORTED') return true;
    throw error;
  }
}

function readsNeeded(node: GraphNode, plan: Plan): boolean {
  return readsOf(node).some((name) => plan.needed.has(plan.original(name)));
}

function startAtLoss(plan: Plan, sums: Emitter, arrived: Map<string, string[]>): void {
  const { loss } = plan.options;
  if (loss === null) return;
  const name = plan.original(loss);
  const shape = plan.concrete.shape(name);
  const dtype = plan.concrete.dtype(name);
  if (sizeOf(shape) !== 1 || !isFloat(dtype)) {
    throw new LayerdiffError(
      'E_LOSS',
      name,
      `the loss has to be one float number, but this is ${dtype} [${shape.join(', ')}]`,
      'Name a scalar output of the model as the loss.',
    );
  }
  arrived.set(name, [sums.constant(fromNumbers(dtype, shape, [1]))]);
}

/** What flows into the producer of `output`: its seed, or else the sum of what arrived. */
function cotangentOf(output: string, plan: Plan, arrived: Map<string, string[]>, sums: Emitter): string | undefined {
  return output === '' ? undefined : (plan.options.seeds.get(output) ?? total(output, arrived, sums));
}

/** The sum of what arrived at a tensor, in the order of arrival. Leaves the sum as the only contribution. */
function total(name: string, arrived: Map<string, string[]>, sums: Emitter): string | undefined {
  const parts = arrived.get(name);
  if (parts === undefined || parts.length <= 1) return parts?.[0];
  const sum = sums.emit(parts.length === 2 ? 'Add' : 'Sum', parts);
  arrived.set(name, [sum]);
  return sum;
}

/** Applies the rule of one node. False where the operator has no derivative, so that nothing goes on. */
function backpropagate(
  node: GraphNode,
  cotangents: readonly (string | undefined)[],
  plan: Plan,
  { draft, arrived }: Walk,
): boolean {
  const rule = findRule(node.domain, node.op);
  if (rule === undefined) throw noRule(node);
  if ('noGradient' in rule) return false;
  const unlifted = (plan.graph as Partial<LiftedGraph>).unlifted?.get(node.name);
  if (unlifted !== undefined) throw unlifted;
  const context = createRuleContext(node, cotangents, plan, draft.scope(node.name));
  const gradients = rule.gradient(context);
  node.inputs.forEach((input, slot) => {
    const gradient = gradients[slot];
    if (gradient === undefined || !context.needs(slot)) return;
    const name = plan.original(input);
    const parts = arrived.get(name);
    if (parts === undefined) arrived.set(name, [gradient]);
    else parts.push(gradient);
  });
  return true;
}

function noRule(node: GraphNode): LayerdiffError {
  const operator = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  return new LayerdiffError(
    'E_NO_GRADIENT',
    node.name,
    `there is no gradient rule for the operator ${operator} (${supportedOperators()} operators have one)`,
    'Compare forward only, leave out what lies before this node, or record the gradients of its outputs and inputs.',
  );
}

function finish(plan: Plan, { draft, arrived, sums, stopped, refused }: Walk): Backward {
  const unhad = new Map<string, LayerdiffError>();
  const gradients = new Map<string, string>();
  const zero: string[] = [];
  const outputs = new Map<string, ValueInfo>();
  for (const wanted of new Set(plan.options.wants)) {
    const name = plan.original(wanted);
    const reason = refused.get(name);
    if (reason !== undefined) {
      unhad.set(wanted, reason);
      continue;
    }
    const sum = plan.needed.has(name) ? total(name, arrived, sums) : undefined;
    if (sum === undefined) {
      zero.push(wanted);
      continue;
    }
    // A seed or constant that reaches a tensor unchanged gets a name of its own among the outputs.
    const output = draft.makes(sum) ? sum : sums.emit('Identity', [sum]);
    gradients.set(wanted, output);
    outputs.set(output, { name: output, dtype: plan.concrete.dtype(name), shape: plan.concrete.shape(name) });
  }
  return { graph: assembleBackward(plan, draft, [...outputs.values()]), gradients, zero, stopped, refused: unhad };
}
