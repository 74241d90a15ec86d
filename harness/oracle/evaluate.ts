import { LayerdiffError } from '../errors.ts';
import type { Graph } from '../types/graph.ts';
import type { Arithmetic, Operator, OperatorContext, OracleRequest, Value } from '../types/oracle.ts';
import type { TensorSource } from '../types/tensor.ts';
import { arithmeticFor, stored } from './arithmetic.ts';
import { type Plan, recorded } from './plan.ts';
import { implementedOperators, operatorOf, opsetOf } from './registry.ts';
import { fromSource } from './value.ts';

/** The forward pass in one arithmetic, demand-driven and memoised. */
export interface Evaluator {
  readonly arithmetic: Arithmetic;
  /** What a use of the tensor reads: the recorded value, else what its producer computes. */
  read(name: string): Value;
  /** What the tensor's producer computes from its inputs; the fed value of a graph input, the initializer of a parameter. */
  output(name: string): Value;
  /** The outputs of the node at this position of the plan. */
  outputs(index: number): readonly (Value | undefined)[];
  /** The context in which the node's operator runs. */
  context(index: number): OperatorContext;
}

/** Evaluates a planned graph; `done` keeps what was computed, by position. Throws E_UNSUPPORTED (an operator that is not implemented) and E_INPUT (an input that is not fed) when asked. */
export function createEvaluator(
  plan: Plan,
  request: OracleRequest,
  arithmetic: Arithmetic,
  done: Map<number, readonly (Value | undefined)[]>,
): Evaluator {
  return { arithmetic, read, output, outputs, context };

  function read(name: string): Value {
    const cut = request.values.get(name);
    return cut ? stored(arithmetic, recorded(plan, cut)) : output(name);
  }

  function output(name: string): Value {
    const producer = plan.producers.get(name);
    if (producer === undefined) return stored(arithmetic, recorded(plan, fed(plan.graph, request, name)));
    const place = plan.nodes[producer]!.node.outputs.indexOf(name);
    const value = outputs(producer)[place];
    if (value) return value;
    const { node } = plan.nodes[producer]!;
    throw new LayerdiffError(
      'E_MODEL',
      name,
      `${node.op} (node "${node.name}") does not give its output ${place}`,
      'Do not ask for an output that the operator leaves out.',
    );
  }

  function outputs(index: number): readonly (Value | undefined)[] {
    for (const each of pending(plan, request, index, done)) done.set(each, run(each));
    return done.get(index)!;
  }

  function run(index: number): readonly (Value | undefined)[] {
    const { node, operator } = plan.nodes[index]!;
    if (!operator) throw notImplemented(plan.forwardReason(node.outputs[0]!) ?? node.op, node.name);
    const inputs = node.inputs.map((name) => (name === '' ? undefined : read(name)));
    return execute(operator, context(index), inputs);
  }

  function context(index: number): OperatorContext {
    const { node, opset } = plan.nodes[index]!;
    // A body that runs many times reads what is around it once.
    const around = new Map<string, Value>();
    const outer = (name: string): Value => around.get(name) ?? around.set(name, read(name)).get(name)!;
    return {
      node,
      attributes: node.attributes,
      opset,
      arithmetic,
      run: (graph, inputs) => runGraph(graph, inputs, arithmetic, outer, plan.graph.opset),
    };
  }
}

/** E_UNSUPPORTED with what is supported. */
export function notImplemented(reason: string, place: string): LayerdiffError {
  return new LayerdiffError(
    'E_UNSUPPORTED',
    place,
    `the oracle cannot compute this: ${reason}`,
    `It has ${implementedOperators().length} operators, one a file in harness/oracle/ops (implementedOperators() lists them).`,
  );
}

/** Runs one operator, and stores what it gives. */
function execute(operator: Operator, context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const arithmetic = arithmeticFor(context.arithmetic, inputs);
  return operator
    .forward({ ...context, arithmetic }, inputs)
    .map((value) => value && stored(context.arithmetic, value));
}

/** The nodes that have to run for `index`, itself included, in order. No recursion: a chain may have thousands of nodes. */
function pending(plan: Plan, { values }: OracleRequest, index: number, done: ReadonlyMap<number, unknown>): number[] {
  if (done.has(index)) return [];
  const found = new Set([index]);
  const stack = [index];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const name of plan.nodes[next]!.reads) {
      const producer = values.has(name) ? undefined : plan.producers.get(name);
      if (producer === undefined || done.has(producer) || found.has(producer)) continue;
      found.add(producer);
      stack.push(producer);
    }
  }
  return [...found].toSorted((a, b) => a - b);
}

function fed(graph: Graph, request: OracleRequest, name: string): TensorSource {
  const source = graph.initializers.get(name) ?? request.inputs.get(name) ?? request.values.get(name);
  if (source) return source;
  const known = graph.inputs.some((input) => input.name === name);
  throw new LayerdiffError(
    'E_INPUT',
    name,
    known ? 'this graph input is not fed' : 'the graph has no such tensor',
    known ? 'Give its value among the inputs.' : 'Ask for a tensor of the graph.',
  );
}

/** Runs a sub-graph: its own names first, then those of the scope around it. */
function runGraph(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  arithmetic: Arithmetic,
  outer: (name: string) => Value,
  outerOpset: ReadonlyMap<string, number>,
): ReadonlyMap<string, Value> {
  const scope = new Map(inputs);
  const look = (name: string): Value => {
    const own = graph.initializers.get(name);
    if (own && !scope.has(name)) scope.set(name, fromSource(own));
    return scope.get(name) ?? outer(name);
  };
  for (const node of graph.nodes) {
    const operator = operatorOf(node);
    if (!operator) throw notImplemented(`the operator ${node.op} is not implemented`, node.name);
    const values = node.inputs.map((name) => (name === '' ? undefined : look(name)));
    const context: OperatorContext = {
      node,
      attributes: node.attributes,
      opset: opsetOf(node, graph.opset, outerOpset),
      arithmetic,
      run: (inner, given) => runGraph(inner, given, arithmetic, look, graph.opset.size ? graph.opset : outerOpset),
    };
    for (const [i, value] of execute(operator, context, values).entries())
      if (value) scope.set(node.outputs[i]!, value);
  }
  return new Map(graph.outputs.map(({ name }) => [name, look(name)]));
}
