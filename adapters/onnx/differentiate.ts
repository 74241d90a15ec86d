import { isLayerdiffError, LayerdiffError } from '../../harness/errors.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers, isFloat } from '../../harness/tensor.ts';
import type { Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import { assembleBackward, type Differentiated, freePrefix } from './backward-graph.ts';
import { createDraft } from './emitter.ts';
import type { Draft } from './emitter.ts';
import { createRuleContext } from './gradient-context.ts';
import { findRule, supportedOperators } from './gradient-rules.ts';
import { withHelpers } from './lifting.ts';
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
}

/**
 * Reverse-mode differentiation of a graph: one walk from the last node to the first.
 *
 * The gradient of t is the sum over all uses of t. Where t is seeded, what arrives from its uses is the answer for t, and what
 * flows on into its producer is the seed; a tensor without seed passes on what arrived. Integers, booleans and strings have none.
 *
 * @throws LayerdiffError E_NO_GRADIENT where a gradient would have to pass an operator for which there is no rule;
 *   E_LOSS where the loss is not one float number
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
  const arrived = new Map<string, string[]>();
  const sums = draft.scope();
  startAtLoss(plan, sums, arrived);
  const stopped: string[] = [];
  for (let k = graph.nodes.length - 1; k >= 0; k--) {
    const node = graph.nodes[k] as GraphNode;
    const cotangents = node.outputs.map((output) => cotangentOf(output, plan, arrived, sums));
    if (cotangents.every((cotangent) => cotangent === undefined)) continue;
    if (!readsNeeded(node, plan)) continue;
    if (!backpropagate(node, cotangents, plan, draft, arrived)) stopped.push(node.name);
  }
  return finish(plan, draft, arrived, sums, stopped);
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
  draft: Draft,
  arrived: Map<string, string[]>,
): boolean {
  const rule = findRule(node.domain, node.op);
  if (rule === undefined) throw noRule(node);
  if ('noGradient' in rule) return false;
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

function finish(
  plan: Plan,
  draft: Draft,
  arrived: Map<string, string[]>,
  sums: Emitter,
  stopped: readonly string[],
): Backward {
  const gradients = new Map<string, string>();
  const zero: string[] = [];
  const outputs = new Map<string, ValueInfo>();
  for (const wanted of new Set(plan.options.wants)) {
    const name = plan.original(wanted);
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
  return { graph: assembleBackward(plan, draft, [...outputs.values()]), gradients, zero, stopped };
}
